import ArgumentParser
import Fleet
import Glibc

/// `sandfleet agent`: the program of a user's own machine, which lies beside this one.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Make this machine a place for sandboxes: enroll, run, install, status, logs, uninstall.",
        discussion: """
            $ sandfleet agent enroll --url https://fleet.example.com --token sfe_…
            $ sandfleet agent install
            $ sandfleet agent status

            'sandfleet agent <verb> --help' tells more of each. The fleet's side is 'sandfleet agents'.
            """
    )

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("Passed on as they are.", valueName: "verb"))
    var arguments: [String] = []

    func run() async throws {
        guard let program = Executable.beside("agent") else {
            throw refused("the program 'agent' is not beside 'sandfleet'", hint: "install both into the same directory")
        }
        var words = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        execv(program, words)
        let code = errno
        throw refused("\(program) cannot be started: \(String(cString: strerror(code)))")
    }

    private func refused(_ message: String, hint: String? = nil) -> ExitCode {
        let failure = Failure(.localFile, message, hint: hint)
        failure.report(asJSON: false)
        return ExitCode(failure.exitCode)
    }
}

extension Executable {
    /// A program in the directory of the one that runs now, never of PATH: another one may have that name.
    fileprivate static func beside(_ name: String) -> String? {
        let path = "\(directory(of: current))/\(name)"
        return isRunnable(path) ? path : nil
    }
}
