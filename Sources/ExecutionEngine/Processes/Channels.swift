import CLinux
import Glibc

/// The pipes, or the terminal, between an engine and a process that is about to start.
struct Channels {
    let outputs: [OutputPipe]
    let input: InputPipe
    let io: Spawner.StandardIO

    /// The process's ends; they close in this process when the start is over.
    private let given: [Descriptor]

    init(for command: Command, null: Descriptor, loop: EventLoop) throws(SystemError) {
        if let terminal = command.terminal {
            let (master, slave) = try Self.openTerminal(terminal)
            let writer = try Descriptor(owning: fcntl(master.number, F_DUPFD_CLOEXEC, 3))
            outputs = [OutputPipe(.stdout, descriptor: master, loop: loop)]
            input = InputPipe(writer, isTerminal: true, loop: loop)
            io = Spawner.StandardIO(terminal: slave)
            given = []
            return
        }
        let stdout = try Self.makePipe()
        let stderr = try Self.makePipe()
        var given = [stdout.writer, stderr.writer]
        var inputNumber = null.number
        if case .none = command.input {
            input = InputPipe(nil, isTerminal: false, loop: loop)
        } else {
            let stdin = try Self.makePipe()
            try Self.setNonBlocking(stdin.writer)
            given.append(stdin.reader)
            inputNumber = stdin.reader.number
            input = InputPipe(stdin.writer, isTerminal: false, loop: loop)
        }
        try Self.setNonBlocking(stdout.reader)
        try Self.setNonBlocking(stderr.reader)
        outputs = [
            OutputPipe(.stdout, descriptor: stdout.reader, loop: loop),
            OutputPipe(.stderr, descriptor: stderr.reader, loop: loop),
        ]
        io = Spawner.StandardIO(input: inputNumber, output: stdout.writer.number, error: stderr.writer.number)
        self.given = given
    }

    private static func makePipe() throws(SystemError) -> (reader: Descriptor, writer: Descriptor) {
        var reader: Int32 = -1
        var writer: Int32 = -1
        guard linux_pipe(&reader, &writer) == 0 else { throw .current }
        return (try Descriptor(owning: reader), try Descriptor(owning: writer))
    }

    /// Our end of a new pipe, which has no other flags that could be lost.
    private static func setNonBlocking(_ end: Descriptor) throws(SystemError) {
        guard fcntl(end.number, F_SETFL, O_NONBLOCK) >= 0 else { throw .current }
    }

    private static func openTerminal(_ size: Command.Terminal) throws(SystemError) -> (Descriptor, String) {
        var name = [CChar](repeating: 0, count: 128)
        let master = try Descriptor(owning: linux_open_terminal(&name, name.count))
        guard linux_resize_terminal(master.number, size.rows, size.columns) == 0 else { throw .current }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return (master, String(decoding: bytes, as: UTF8.self))
    }
}
