public import FoundationEssentials

/// A process that the caller runs itself, and whose record and output the fleet shall keep.
public struct ObservedProcess: Encodable, Hashable, Sendable {
    /// The program, or a line for the shell when there are no arguments.
    public var command: String
    /// The program's arguments.
    public var args: [String]?
    /// Where it runs.
    public var cwd: String?
    /// What it is for; nil is a command.
    public var kind: ProcessKind?
    /// Whether it keeps its sandbox awake; nil is the fleet's choice.
    public var mode: ProcessMode?
    /// What its owner calls it.
    public var externalProcessId: String?
    /// When it was started; nil is now.
    public var startedAt: Date?
    /// Notes for the caller's own use.
    public var metadata: [String: JSONValue]?

    /// Makes a process; set what else is known of it.
    public init(command: String, args: [String]? = nil) {
        self.command = command
        self.args = args
    }
}
