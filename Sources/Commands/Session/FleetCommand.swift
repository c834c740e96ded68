import ArgumentParser

/// A command that talks to a fleet: its failures become a message and an exit code, a signal cancels it.
protocol FleetCommand: AsyncParsableCommand, Sendable {
    var connection: ConnectionOptions { get }

    func run(_ session: Session) async throws
}

extension FleetCommand {
    func run() async throws {
        let connection = connection
        do {
            try await Interruption.cancelling { interruption in
                try await run(try Session(connection, interruption))
            }
        } catch let code as ExitCode {
            throw code
        } catch {
            let failure = Failure(error)
            failure.report(asJSON: connection.json)
            throw ExitCode(failure.exitCode)
        }
    }
}
