import Foundation
import SwiftProtobuf
import Wire

/// One request of a worker and what an agent answered, in the bytes of the wire.
struct RecordedExchange: Sendable {
    var operation: String
    var request: WireAgentRequest
    /// The body of the answer, never decoded by who records it.
    var reply: [UInt8]
    /// Of a fault.
    var headers: [String: String]

    /// The name of what a request asks for, as in `openRead`.
    static func operation(of request: WireAgentRequest) -> String {
        request.operation.map { String(String(describing: $0).prefix { $0 != "(" }) } ?? "nothing"
    }
}

/// A file of exchanges, one a line: operation, request, answer, headers; and beats, which nobody has asked for.
struct RecordedAgent: Sendable {
    var exchanges: [RecordedExchange] = []
    var beats: [[UInt8]] = []

    init() {}

    /// Reads what an agent of a former version has said.
    init(version: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/agent-\(version).txt")
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4 else { throw CocoaError(.fileReadCorruptFile) }
            if fields[0] == "beat" {
                beats.append(Self.bytes(fields[2]))
            } else {
                exchanges.append(
                    RecordedExchange(
                        operation: fields[0],
                        request: try WireAgentRequest(serializedBytes: Self.bytes(fields[1])),
                        reply: Self.bytes(fields[2]),
                        headers: try JSONDecoder().decode([String: String].self, from: Data(Self.bytes(fields[3])))
                    )
                )
            }
        }
    }

    /// Writes the exchanges; the beats are added by hand from a run of the program.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let lines = try exchanges.map { exchange in
            [
                exchange.operation, Self.digits(try exchange.request.serializedBytes()), Self.digits(exchange.reply),
                Self.digits(Array(try encoder.encode(exchange.headers))),
            ]
            .joined(separator: " ")
        }
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(_ digits: String) -> [UInt8] {
        let digits = Array(digits.utf8)
        return stride(from: 0, to: digits.count, by: 2)
            .compactMap { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) }
    }
}
