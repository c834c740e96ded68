import Glibc

/// The program `agent`: its first word says what to do.
package enum AgentCommand {
    private static let help = """
        Lets a Sandfleet run sandboxes on this machine, within what its user allows.

        agent enroll --url URL --token TOKEN [--name NAME] [--root DIR]
                              make a key, and trade the token for an identity
        agent run             serve until it is stopped
        agent install         run it with the system (as root), or with your session, by systemd
        agent status [--json] what the running one does
        agent logs [-f] [-n N] what was done on this machine
        agent uninstall [--yes] stop it, remove its unit and its identity; files of sandboxes stay

        """

    /// Does what the words say; returns the exit code.
    package static func main(_ words: [String]) async -> Int32 {
        do {
            try await perform(words)
            return EXIT_SUCCESS
        } catch let error as AgentError {
            Terminal.complain(error.description)
            return error.kind.rawValue
        } catch let error as GatewayRefusal {
            Terminal.complain("The gateway refused: \(error.message)")
            return AgentError.Kind.unavailable.rawValue
        } catch {
            Terminal.complain("\(error)")
            return EXIT_FAILURE
        }
    }

    private static func perform(_ words: [String]) async throws {
        let rest = Array(words.dropFirst())
        switch words.first {
        case "enroll": try await EnrollCommand.perform(rest)
        case "run": try await RunCommand.perform(rest)
        case "install": try InstallCommand.perform(rest)
        case "uninstall": try await UninstallCommand.perform(rest)
        case "status": try StatusCommand.perform(rest)
        case "logs": try await LogsCommand.perform(rest)
        case "--version": Terminal.say("\(AgentVersion.program) (wire v\(AgentVersion.wire))")
        case "--help", "-h", "help": Terminal.say(help)
        case nil: throw AgentError(.usage, "What should the agent do?", advice: help)
        case let word?: throw AgentError(.usage, "The agent does not know `\(word)`.", advice: help)
        }
    }
}

/// The user's terminal.
enum Terminal {
    static func say(_ text: String) {
        _ = LocalFile.writeAll(1, Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }

    static func complain(_ text: String) {
        _ = LocalFile.writeAll(2, Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
