import Crypto
import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import Store

/// The body of the start of an observed process, read strictly.
struct ObservedBody: Sendable {
    var process: NewProcess
    var startedAt: Date?

    init(_ body: JSONValue, _ request: Request) throws(Fault) {
        var reader = try JSONObjectReader(body)
        let command = try reader.line("command", in: 1...1_048_576, try reader.required("command"))
        let arguments = try ProcessBody.arguments(&reader)
        process = NewProcess(id: ID.new(), command: command, arguments: arguments)
        process.cwd = try reader.line("cwd", in: 1...4096)
        process.kind = try reader.word("kind", of: ProcessKind.self) ?? .command
        process.mode = try reader.word("mode", of: ProcessMode.self) ?? .background
        process.externalID = try reader.line("externalProcessId", in: 1...512)
        process.metadata = try reader.metadata()
        startedAt = try reader.time("startedAt").map { Date(timeIntervalSince1970: Double($0) / 1000) }
        process.operation = try ProcessBody.operation(&reader, request)
        process.requestHash = ProcessBody.hash(of: body, for: .observed)
        try reader.finish()
    }
}
