import ArgumentParser
import FoundationEssentials
import SandfleetClient

/// The words of `exec`: options, a sandbox, perhaps more options, and a command that is passed on as it stands.
struct ExecLine: ParsableArguments, Sendable {
    /// What the words mean.
    struct Invocation: Sendable {
        let options: ExecOptions
        let sandbox: String
        let words: [String]
    }

    @OptionGroup var options: ExecOptions

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "The sandbox's id or name, and the command to run in it.",
            valueName: "sandbox> [--] <command"
        )
    )
    var words: [String]

    /// Splits the words.
    ///
    /// - Throws: What is wrong with the usage.
    func invocation() throws -> Invocation {
        var words = words[...]
        try Self.refuseOption(words.first)
        if words.first == "--" { words.removeFirst() }
        guard let sandbox = words.popFirst() else { throw ValidationError("Which sandbox? Name its id or name.") }
        var options = options
        // No command begins with a dash, so this is an option behind the sandbox.
        if Self.isOption(words.first), !Self.isHelp(words.first) {
            let rest = try ExecLine.parse(Array(words))
            options = options.overlaid(by: rest.options)
            words = rest.words[...]
        }
        try Self.refuseOption(words.first)
        if words.first == "--" { words.removeFirst() }
        guard !words.isEmpty else { throw ValidationError("Which command? Put it behind the sandbox.") }
        try options.check()
        return Invocation(options: options, sandbox: sandbox, words: Array(words))
    }

    /// Words are captured as they stand, so an option that is not known ends up among them, and so does `--help`.
    private static func refuseOption(_ word: String?) throws {
        if isHelp(word) { throw CleanExit.helpRequest(ExecCommand.self) }
        if let word, isOption(word) { throw ValidationError("There is no option '\(word)'.") }
    }

    private static func isOption(_ word: String?) -> Bool { word.map { $0.hasPrefix("-") && $0 != "--" } ?? false }

    private static func isHelp(_ word: String?) -> Bool { word == "-h" || word == "--help" }
}

extension ExecLine.Invocation {
    /// The command for the fleet.
    var command: Command {
        var command = words.count == 1 ? Command.shell(words[0]) : .program(words[0], Array(words.dropFirst()))
        command.workingDirectory = options.cwd
        command.environment = options.env.dictionary
        command.timeout = options.timeout?.duration
        command.kind = options.kind.map(ProcessKind.init(rawValue:))
        if options.tty { command.nameTerminal() }
        return command
    }
}

extension Command {
    /// Tells programs which terminal they have.
    mutating func nameTerminal() {
        let own = ProcessInfo.processInfo.environment["TERM"]
        if environment["TERM"] == nil { environment["TERM"] = own ?? "xterm-256color" }
    }
}
