import Crypto
import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import SwiftProtobuf
import Wire

/// The body of a start or a command, read strictly.
struct ProcessBody: Sendable {
    /// What a caller asks for: to wait for the end, or to get an id.
    enum Endpoint: String, Sendable {
        case commands
        case processes
        case observed
    }

    struct Terminal: Sendable {
        var rows: UInt32
        var columns: UInt32
    }

    enum LimitAction: String, Sendable, CaseIterable {
        case `continue`
        case kill
    }

    private static let timeouts: ClosedRange<Int64> = 1...604_800_000
    private static let outputLimits: ClosedRange<Int64> = 1...1_125_899_906_842_624

    /// The program, or without arguments a line for the shell.
    var command: String
    var arguments: [String]?
    var cwd: String?
    var environment: [String: String]
    var stdin: [UInt8]
    var staysOpen = false
    var terminal: Terminal?
    var timeoutMs: Int64?
    var kind: ProcessKind
    var mode = ProcessMode.foreground
    var metadata: [String: String]
    var outputLimit: Int64?
    var killsAtLimit: Bool
    var webhook: WebhookBody?
    /// The caller's own, so that it can repeat the request, or a new one.
    var operation: String
    /// SHA-256 of what was sent, whatever the order of its names, before defaults.
    var hash: [UInt8]

    init(_ body: JSONValue, for endpoint: Endpoint, _ request: Request) throws(Fault) {
        var reader = try JSONObjectReader(body)
        command = try reader.line("command", in: 1...1_048_576, try reader.required("command"))
        arguments = try Self.arguments(&reader)
        cwd = try reader.line("cwd", in: 1...4096)
        environment = try EnvironmentVariables.read("env", &reader)
        try ArgumentLimits.check(program: command, arguments: arguments, environment: environment, reader)
        stdin = try Self.input(&reader)
        timeoutMs = try reader.integer("timeoutMs", in: Self.timeouts)
        kind = try reader.word("kind", of: ProcessKind.self) ?? .command
        metadata = try reader.metadata()
        outputLimit = try reader.integer("outputLimitBytes", in: Self.outputLimits)
        killsAtLimit = try reader.word("onOutputLimit", of: LimitAction.self) == .kill
        webhook = try WebhookBody(&reader)
        operation = try Self.operation(&reader, request)
        if endpoint == .processes {
            mode = try reader.word("mode", of: ProcessMode.self) ?? .background
            staysOpen = try reader.bool("stdinOpen") ?? false
            terminal = try Self.terminal(&reader)
        }
        try reader.finish()
        hash = Self.hash(of: body, for: endpoint)
    }

    static func arguments(_ reader: inout JSONObjectReader) throws(Fault) -> [String]? {
        guard let values = try reader.array("args", limit: 65_536) else { return nil }
        var arguments: [String] = []
        arguments.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            arguments.append(try reader.line("args[\(index)]", in: 0...1_048_576, value))
        }
        return arguments
    }

    private static func input(_ reader: inout JSONObjectReader) throws(Fault) -> [UInt8] {
        let text = try reader.string("stdin", in: 0...Int.max)
        guard let encoded = try reader.string("stdinBase64", in: 0...Int.max) else {
            return text.map { Array($0.utf8) } ?? []
        }
        guard text == nil else { throw reader.invalid("stdinBase64", "cannot be there together with stdin") }
        guard let bytes = Data(base64Encoded: encoded) else { throw reader.invalid("stdinBase64", "is not base64") }
        return Array(bytes)
    }

    static func operation(_ reader: inout JSONObjectReader, _ request: Request) throws(Fault) -> String {
        guard let value = reader.value("operationId") else { return try request.operationID }
        let operation = try reader.string(value, "operationId", in: 1...64)
        guard operation.utf8.allSatisfy(RequestName.isTokenByte) else {
            throw reader.invalid("operationId", "has to have 1 to 64 of the characters A-Z a-z 0-9 . _ : -")
        }
        if let header = request.headers[.operationID], header != operation {
            throw reader.invalid("operationId", "is not what the header X-Operation-Id says")
        }
        return operation
    }

    private static func terminal(_ reader: inout JSONObjectReader) throws(Fault) -> Terminal? {
        guard var fields = try reader.object("pty") else { return nil }
        return try Terminal(&fields)
    }

    /// The same operation of another endpoint, or with another body, is another request.
    static func hash(of body: JSONValue, for endpoint: Endpoint) -> [UInt8] {
        var canonical = body.canonical
        if case .object(let members) = canonical {
            canonical = .object(members.filter { $0.name != "operationId" })
        }
        var hash = SHA256()
        hash.update(data: Array(endpoint.rawValue.utf8))
        canonical.encoded.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        return Array(hash.finalize())
    }
}

extension ProcessBody.Terminal {
    private static let sizes: ClosedRange<Int64> = 1...65_535

    init(_ fields: inout JSONObjectReader) throws(Fault) {
        rows = UInt32(try fields.integer(try fields.required("rows"), "rows", in: Self.sizes))
        columns = UInt32(try fields.integer(try fields.required("columns"), "columns", in: Self.sizes))
        try fields.finish()
    }

    var wire: WireTerminalSize {
        .with {
            $0.rows = rows
            $0.columns = columns
        }
    }
}
