import FoundationEssentials
import Model
import NIOCore
import NIOFoundationCompat
import ProviderKit
import Store
import Wire

/// A process to be started, read from a request.
struct ProcessStart: Sendable {
    /// The most input that comes with the start.
    static let inputLimit = 1024 * 1024

    var row: NewProcess
    var command: BoxCommand
    /// How many of the last bytes of each stream are kept for the answer.
    var tailLimit: Int?
    /// Unix milliseconds of the database's clock, after which the caller has gone.
    var deadline: Int64?

    init(
        _ request: WireStartProcess,
        operation: String,
        tailLimit: Int? = nil,
        deadline: Int64?
    ) throws(Fault) {
        guard let id = ProcessID(request.processID) else { throw Self.invalid("process_id has to be an id") }
        guard let program = request.arguments.first else { throw Self.invalid("there is nothing to run") }
        let kind = request.kind.isEmpty ? .command : ProcessKind(rawValue: request.kind)
        guard let kind else { throw Self.invalid("there is no kind '\(request.kind)'") }
        guard request.timeoutMs >= 0, request.storedLimit >= 0 else { throw Self.invalid("a limit is negative") }
        guard request.stdin.count <= Self.inputLimit else {
            throw Fault(.bodyTooLarge, "The input is too long to come with the start; it can follow.")
        }
        row = NewProcess(
            id: id,
            command: program,
            arguments: request.shell ? nil : Array(request.arguments.dropFirst())
        )
        row.kind = kind
        row.mode = request.background ? .background : .foreground
        row.cwd = request.cwd.isEmpty ? nil : request.cwd
        row.hasTerminal = request.hasTerminal
        row.timeoutMs = request.timeoutMs > 0 ? request.timeoutMs : nil
        row.storedLimit = request.storedLimit
        row.killsAtLimit = request.killAtLimit
        row.operation = operation
        row.externalID = id.rawValue
        row.requestHash = Array(request.requestHash)
        row.metadata = try Self.metadata(request.metadata)
        row.environment = request.env
        if request.hasWebhook { row.webhook = .init(url: request.webhook.url, secret: request.webhook.secret) }
        command = BoxCommand(
            id: id.rawValue,
            arguments: request.shell ? ["/bin/sh", "-c", program] : request.arguments,
            workingDirectory: row.cwd,
            environment: request.env,
            stdin: Self.input(of: request),
            timeout: row.timeoutMs.map { .milliseconds($0) },
            terminal: try Self.terminal(of: request),
            isDurable: true
        )
        self.tailLimit = tailLimit
        self.deadline = deadline
    }

    private static func input(of request: WireStartProcess) -> BoxCommand.Input {
        let bytes = ByteBuffer(data: request.stdin)
        if request.stdinOpen || request.hasTerminal { return .open(bytes) }
        return request.stdin.isEmpty ? .none : .bytes(bytes)
    }

    private static func terminal(of request: WireStartProcess) throws(Fault) -> BoxCommand.Terminal? {
        guard request.hasTerminal else { return nil }
        return try BoxCommand.Terminal(request.terminal)
    }

    private static func metadata(_ json: Data) throws(Fault) -> [String: String] {
        guard !json.isEmpty else { return [:] }
        guard let metadata = try? JSONDecoder().decode([String: String].self, from: json) else {
            throw invalid("metadata has to be a JSON object of texts")
        }
        return metadata
    }

    private static func invalid(_ message: String) -> Fault { Fault(.invalidRequest, "Not a process: \(message).") }
}

extension BoxCommand.Terminal {
    init(_ size: WireTerminalSize) throws(Fault) {
        guard let rows = UInt16(exactly: size.rows), let columns = UInt16(exactly: size.columns), rows > 0, columns > 0
        else { throw Fault(.invalidRequest, "A terminal has 1 to 65535 rows and columns.") }
        self.init(rows: rows, columns: columns)
    }
}
