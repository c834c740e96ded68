public import NIOCore

/// A command to run in a sandbox.
public struct Command: Sendable {
    /// A program, or a line for the shell when there are no arguments.
    public var command: String
    /// The program's arguments; nil makes the command a line for `/bin/sh -c`.
    public var arguments: [String]?
    /// Where to run it; nil is the sandbox's own default.
    public var workingDirectory: String?
    /// Variables beyond those of the sandbox.
    public var environment: [String: String]
    /// What it reads from its standard input first; longer input is written while it runs.
    public var input: ByteBuffer?
    /// After this time it is killed, with everything that it started.
    public var timeout: Duration?
    /// What it is for; nil is a command.
    public var kind: ProcessKind?
    /// Notes for the caller's own use.
    public var metadata: [String: JSONValue]
    /// How many bytes of output are kept in all; nil is the fleet's own limit.
    public var outputLimit: Int?
    /// Whether it is killed when it prints more than is kept, instead of going on without being kept.
    public var isKilledAtOutputLimit: Bool
    /// Who is told when it has ended.
    public var webhook: Webhook?

    private init(command: String, arguments: [String]?) {
        self.command = command
        self.arguments = arguments
        environment = [:]
        metadata = [:]
        isKilledAtOutputLimit = false
    }

    /// A line for the shell, as in `cd /workspace && ls | wc -l`.
    public static func shell(_ line: String) -> Command {
        Command(command: line, arguments: nil)
    }

    /// A program with its arguments, run without a shell.
    public static func program(_ name: String, _ arguments: [String] = []) -> Command {
        Command(command: name, arguments: arguments)
    }
}
