import CurlTransport
import FleetTesting
import Foundation
import NIOCore
import SandfleetClient
import Testing

/// One chunk of a process's output, as it came over HTTP.
struct SeenChunk: Sendable {
    var sequence: Int
    var type: String
    var bytes: Data
    var isText: Bool
    var offset: Int
    private var line: Data

    /// What the chunk carries.
    var data: [String: Any] {
        let json = try? JSONSerialization.jsonObject(with: line) as? [String: Any]
        return json?["data"] as? [String: Any] ?? [:]
    }

    /// Nil for heartbeats, which have no number.
    init?(line: Data) throws {
        let json = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        guard let sequence = json["seq"] as? Int else { return nil }
        self.sequence = sequence
        type = try #require(json["type"] as? String)
        let data = json["data"] as? [String: Any] ?? [:]
        self.line = data["offset"] == nil ? line : Data()
        offset = data["offset"] as? Int ?? 0
        if let text = data["text"] as? String {
            bytes = Data(text.utf8)
            isText = true
        } else {
            bytes = (data["base64"] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
            isText = false
        }
    }
}

/// Everything that one reader has seen of a process, held to the rules: no hole, nothing twice, offsets exact.
struct SeenOutput: Sendable {
    var next = 1
    var stdout = Data()
    var stderr = Data()
    var types: [String] = []
    var last: SeenChunk?
    var textStreams = Set<String>()
    var byteStreams = Set<String>()

    var hasEnded: Bool { last.map { $0.type == "exit" || $0.type == "error" } ?? false }

    mutating func take(_ chunk: SeenChunk) throws {
        try #require(chunk.sequence == next, "chunk \(chunk.sequence) after \(next - 1)")
        try #require(!hasEnded, "chunk \(chunk.sequence) (\(chunk.type)) after the end")
        next += 1
        last = chunk
        types.append(chunk.type)
        switch chunk.type {
        case "stdout":
            try #require(chunk.offset == stdout.count)
            stdout += chunk.bytes
        case "stderr":
            try #require(chunk.offset == stderr.count)
            stderr += chunk.bytes
        default: return
        }
        if chunk.isText { textStreams.insert(chunk.type) } else { byteStreams.insert(chunk.type) }
    }
}

extension FleetAPI {
    /// Starts a process from a JSON body and gives its row.
    func start(_ body: [String: any Sendable], in sandbox: Sandbox) async throws -> Answer {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let answer = try await send("POST", "/v1/sandboxes/\(sandbox.id)/processes", text)
        try #require(answer.status == 201 || answer.status == 200, "\(answer.status) \(answer.body)")
        return answer
    }

    /// Runs a command and waits; gives the whole answer.
    func run(_ body: [String: any Sendable], in sandbox: Sandbox, headers: [String: String] = [:]) async throws -> Answer {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        return try await send("POST", "/v1/sandboxes/\(sandbox.id)/commands", text, headers: headers)
    }

    func row(_ process: String) async throws -> Answer {
        let answer = try await send("GET", "/v1/processes/\(process)")
        try #require(answer.status == 200, "\(answer.status) \(answer.body)")
        return answer
    }

    /// The row once it has ended.
    func ended(_ process: String) async throws -> Answer {
        for _ in 0..<20 {
            let answer = try await send("POST", "/v1/processes/\(process)/wait?timeoutMs=30000")
            try #require(answer.status == 200, "\(answer.status) \(answer.body)")
            if answer.json["status"] as? String != "running" { return answer }
        }
        throw CancellationError()
    }

    /// Everything that is stored of a process.
    func output(_ process: String, query: String = "from=1") async throws -> SeenOutput {
        var seen = SeenOutput()
        try await read(process, query: query, into: &seen) { _ in true }
        return seen
    }

    /// Reads one answer of `output`; the closure says after each chunk whether to go on.
    ///
    /// - Throws: What broke; what was taken before stays.
    func read(
        _ process: String,
        query: String,
        into seen: inout SeenOutput,
        whileTrue: (SeenOutput) -> Bool
    ) async throws {
        var request = HTTPTransportRequest(method: "GET", url: try fleet.url + "/v1/processes/\(process)/output?\(query)")
        request.headers.add("Authorization", "Bearer \(try fleet.apiKey)")
        let response = try await transport.send(request)
        guard response.status == 200 else {
            let body = String(buffer: try await response.collect(upTo: 1 << 16))
            throw UnexpectedStatus(status: response.status, body: body)
        }
        var rest = Data()
        for try await piece in response.body {
            rest.append(contentsOf: piece.readableBytesView)
            while let end = rest.firstIndex(of: 10) {
                let line = rest[rest.startIndex..<end]
                rest = rest[(end + 1)...]
                guard let chunk = try SeenChunk(line: Data(line)) else { continue }
                try seen.take(chunk)
                if !whileTrue(seen) { return }
            }
            rest = Data(rest)
        }
    }
}

struct UnexpectedStatus: Error, CustomStringConvertible {
    var status: Int
    var body: String

    var description: String { "\(status) \(body)" }
}
