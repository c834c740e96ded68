import FleetTesting
import Foundation

/// A server that speaks the public API over processes and files of this host; see `server.py`.
package struct ContractServer: Sendable {
    package static let key = "test-key"

    package let url: String

    package static func with<Result>(_ body: (ContractServer) async throws -> Result) async throws -> Result {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "server.py").path
        return try await withServer("/usr/bin/env", ["python3", script]) { port in
            try await body(ContractServer(url: "http://127.0.0.1:\(port)"))
        }
    }

    /// Breaks `count` requests at random: before they are carried out, or after so many bytes of their answer.
    ///
    /// - Parameters:
    ///   - seed: The same seed breaks requests that come in the same order at the same bytes.
    ///   - count: How many requests are broken.
    ///   - reach: How many bytes of an answer may come through at most.
    ///   - routes: The last words of the paths that are meant, all when it is empty.
    package func cut(seed: UInt64, count: Int, reach: Int = 4000, routes: [String] = []) async throws {
        try await control("cut?seed=\(seed)&count=\(count)&reach=\(reach)&routes=\(routes.joined(separator: ","))")
    }

    /// How many requests are still to be broken.
    package func cutsLeft() async throws -> Int {
        try value("left", try await control("cuts"))
    }

    /// Nobody listens for a while, and every connection is broken; what was started goes on.
    package func restart(pause seconds: Double) async throws {
        try await control("restart?seconds=\(seconds)")
    }

    /// From now on a request takes at most so many bytes of input.
    package func takeInput(atMost bytes: Int) async throws {
        try await control("set?stingy=\(bytes)")
    }

    /// From now on a process that is silent for so long is said to live.
    package func sendHeartbeats(every seconds: Double) async throws {
        try await control("set?heartbeat=\(seconds)")
    }

    /// How many bytes of streams have been handed to connections so far.
    package func bytesSent() async throws -> Int {
        try value("sent", try await control("sent"))
    }

    /// The output of a process is gone.
    package func expire(_ process: String) async throws {
        try await control("expire?process=\(process)")
    }

    /// From now on a sweep cannot look at one of the hosts.
    package func losePlacement() async throws {
        try await control("away")
    }

    /// The bodies that processes were started or recorded with, one for each process.
    package func starts() async throws -> [[String: Any]] {
        try value("items", try await control("starts"))
    }

    /// All requests so far, as in `GET /v1/sandboxes`.
    package func requests() async throws -> [String] {
        try value("items", try await control("requests"))
    }

    @discardableResult
    private func control(_ query: String) async throws -> [String: Any] {
        let answer = Data(try await Tool.run("/usr/bin/curl", ["--silent", "--noproxy", "*", url + "/test/" + query]).utf8)
        guard let document = try JSONSerialization.jsonObject(with: answer) as? [String: Any] else {
            throw UnexpectedAnswer(text: String(decoding: answer, as: UTF8.self))
        }
        return document
    }

    private func value<Value>(_ name: String, _ document: [String: Any]) throws -> Value {
        guard let value = document[name] as? Value else { throw UnexpectedAnswer(text: "\(document)") }
        return value
    }

    private struct UnexpectedAnswer: Error {
        let text: String
    }
}
