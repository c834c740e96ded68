import BoxClient
import Model
import NIOCore
import ProviderKit

/// A live local box: a connection to its daemon.
struct LocalBox: Box {
    let envelope: Envelope
    let isFresh: Bool
    private let connection: BoxConnection
    /// The sandbox's own; kept here only, never on disk.
    private let environment: [String: String]

    /// Presents the epoch to the box's daemon and waits for its answer.
    static func connect(
        _ directory: BoxDirectory,
        envelope: Envelope,
        isFresh: Bool,
        sandbox: SandboxID,
        epoch: UInt64,
        environment: [String: String],
        loop: BoxLoop,
        timeout: Duration
    ) async throws(DriverError) -> LocalBox {
        let connection = try await withDeadline(timeout, "the box does not answer") {
            try await BoxConnection.connect(
                path: directory.socket,
                epoch: epoch,
                sandbox: sandbox.rawValue,
                loop: loop
            )
        }
        return LocalBox(envelope: envelope, isFresh: isFresh, connection: connection, environment: environment)
    }

    func start(_ command: ProviderKit.BoxCommand) async throws(DriverError) -> any ProviderKit.BoxProcess {
        let client = client(command)
        return LocalProcess(try await mapped { try await connection.start(client) })
    }

    func attach(
        _ id: String,
        stdout: UInt64,
        stderr: UInt64
    ) async throws(DriverError) -> any ProviderKit.BoxProcess {
        LocalProcess(
            try await mapped { try await connection.attach(id: id, stdoutOffset: stdout, stderrOffset: stderr) }
        )
    }

    func processes() async throws(DriverError) -> [BoxProcessListing] {
        try await mapped { try await connection.processes() }
            .filter(\.isDetached)
            .map { process in
                BoxProcessListing(
                    id: process.id,
                    externalID: process.id,
                    isRunning: process.exit == nil,
                    stdoutStart: process.stdoutStart,
                    stderrStart: process.stderrStart
                )
            }
    }

    func waitUntilClosed() async {
        await connection.waitUntilClosed()
    }

    func detach() async {
        connection.close()
    }

    private func client(_ command: ProviderKit.BoxCommand) -> BoxClient.BoxCommand {
        var client = BoxClient.BoxCommand(id: command.id, arguments: command.arguments)
        client.environment = environment.merging(command.environment) { $1 }
        client.workingDirectory = command.workingDirectory
        client.timeout = command.timeout
        client.terminal = command.terminal.map { BoxClient.BoxCommand.Terminal(rows: $0.rows, columns: $0.columns) }
        client.isDetached = command.isDurable
        client.input =
            switch command.stdin {
            case .none: .none
            case .bytes(let bytes): .bytes(bytes)
            case .open(let bytes): .open(bytes)
            }
        return client
    }
}

extension LocalBox {
    func read(_ path: String) async throws(DriverError) -> any ProviderKit.BoxFileReader {
        let reader = try await mapped { try await connection.openRead(path) }
        return LocalFileReader(reader, path: path)
    }

    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any ProviderKit.BoxFileWriter {
        let writer = try await mapped { try await connection.openWrite(path) }
        return LocalFileWriter(writer, path: path, mode: mode)
    }

    func stat(_ path: String) async throws(DriverError) -> FileInfo {
        let info = try await mapped { try await connection.stat(path) }
        return FileInfo(info, path: path)
    }

    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        try await mapped {
            let page = try await connection.page(of: path, after: cursor, limit: limit)
            return DirectoryPage(entries: page.entries.map { FileInfo($0, path: $0.name) }, nextCursor: page.next)
        }
    }

    func makeDirectory(_ path: String) async throws(DriverError) {
        try await mapped { try await connection.makeDirectory(path) }
    }

    func remove(_ path: String, recursive: Bool) async throws(DriverError) {
        try await mapped { try await connection.remove(path, recursive: recursive) }
    }
}
