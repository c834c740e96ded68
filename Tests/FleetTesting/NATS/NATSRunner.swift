package import Fleet
import Glibc
import NIOConcurrencyHelpers

/// The server of one test, which can be killed and started again over its port and files.
package final class NATSRunner: Sendable {
    private let server: NATSServer
    private let current: NIOLockedValueBox<ChildProcess>

    package init(starting server: NATSServer) async throws {
        self.server = server
        current = NIOLockedValueBox(try await ChildProcess.spawn(server.specification(environment: [:])))
    }

    package var process: ChildProcess { current.withLockedValue { $0 } }

    /// Returns once it listens.
    package func listens() async throws {
        try await eventually("nats-server listens: \(LogFile(server.log).tail())") { await server.isServing() }
    }

    /// Ends it as a crash would.
    package func kill() async {
        process.signal(SIGKILL)
        _ = await process.exit.wait()
    }

    package func start() async throws {
        let child = try await ChildProcess.spawn(server.specification(environment: [:]))
        current.withLockedValue { $0 = child }
        try await listens()
    }

    /// Stops it in the middle of whatever it does; its connections stay open.
    package func freeze() async throws { try await process.freeze() }

    package func thaw() { process.signal(SIGCONT) }

    package func stop() async {
        thaw()
        await process.stop(NATSServer.stopSteps)
    }
}
