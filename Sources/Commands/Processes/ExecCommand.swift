import ArgumentParser
import NIOCore
import SandfleetClient

/// `sandfleet exec`.
struct ExecCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command in a sandbox.",
        usage: "sandfleet exec [<options>] <sandbox> [<options>] [--] <command> ...",
        discussion: """
            Output appears as it is printed, and the exit code is the command's own, 128 and the number of the signal that \
            killed it, 124 when its --timeout was up, 127 or 126 when there is no such program or it cannot be started. \
            One word is a line for the shell; several are a program and its arguments. What is piped in becomes the \
            command's input while it runs. Ctrl-C interrupts the command, a second one ends it and everything that it \
            started. A connection that breaks is made again; the command goes on meanwhile.

              $ sandfleet exec build -- make -j4 test
              $ sandfleet exec --cwd /workspace --env DEBUG=1 build 'ls | wc -l'
              $ sandfleet exec --timeout 30s build < script.sh -- sh -s
              $ sandfleet exec -t build -- top
              $ sandfleet logs -f $(sandfleet exec --detach build -- make)
            """
    )

    @OptionGroup var line: ExecLine

    var connection: ConnectionOptions { invocation?.options.connection ?? line.options.connection }

    func validate() throws {
        _ = try line.invocation()
    }

    private var invocation: ExecLine.Invocation? { try? line.invocation() }

    func run(_ session: Session) async throws {
        let invocation = try line.invocation()
        let options = invocation.options
        let sandbox = try await session.sandboxID(invocation.sandbox)
        if options.detach { return try await start(invocation, sandbox, session) }
        let execution = Execution(
            session: session,
            sandbox: sandbox,
            command: invocation.command,
            readsInput: ExecutionInput.isGiven(asked: options.stdin, hasTerminal: options.tty),
            hasTerminal: options.tty
        )
        guard !session.output.isJSON else {
            let tail = OutputTail()
            let (process, exit) = try await execution.run { tail.take($0) }
            try await session.output.show(tail.result(process, exit), or: "")
            return try exit.passOn()
        }
        try await execution.run(ChunkPrinter.write).exit.report()
    }

    /// Starts the command and leaves it; its input only where that was asked for, since it could take for ever.
    private func start(_ invocation: ExecLine.Invocation, _ sandbox: String, _ session: Session) async throws {
        let readsInput = invocation.options.stdin ?? false
        let process = try await session.client.startProcess(invocation.command, in: sandbox, stdinOpen: readsInput)
        try await session.output.show(process, or: process.id)
        if let exit = process.exit, exit.status == .failed { try exit.report() }
        guard readsInput else { return }
        try await session.client.writeStdin(DescriptorBytes(descriptor: .standardInput), to: process.id, at: 0)
    }
}

extension ProcessExit {
    /// Says what there is to say of the end, and makes it this program's own.
    func report() throws {
        if let note { Commands.note(note) }
        try passOn()
    }

    /// Makes the end this program's own.
    func passOn() throws {
        if processExitCode != 0 { throw ExitCode(processExitCode) }
    }
}
