import Fleet
import FleetTesting
import Model
import Testing
import Wire

/// Workers of former versions go on being served.
@Suite(.serialized) struct RecordedRequestsTests {
    private struct Recorded {
        var name: String
        var answer: String
        var bytes: [UInt8]
    }

    private func load() throws -> [Recorded] {
        let path = URLPath.beside(#filePath, "../Fixtures/requests-v1.txt")
        guard let text = TextFile.read(path) else { throw FixtureError("there is no \(path)") }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { line in
                let fields = line.split(separator: " ").map(String.init)
                let digits = Array(fields[2].utf8)
                let bytes = stride(from: 0, to: digits.count, by: 2)
                    .compactMap { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) }
                return Recorded(name: fields[0], answer: fields[1], bytes: bytes)
            }
    }

    @Test func requestsOfTheFirstVersionAreServed() async throws {
        let recorded = try load()
        #expect(recorded.count == 23)
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                for request in recorded {
                    let answer: String
                    do {
                        answer = Self.name(of: try await caller.send(request.bytes))
                    } catch let fault as Fault {
                        answer = fault.code.rawValue
                    }
                    #expect(answer == request.answer, "\(request.name)")
                }
            }
        }
    }

    private static func name(of reply: WireAgentReply) -> String {
        switch reply.result {
        case .done: "done"
        case .opened: "opened"
        case .started: "started"
        case .output: "output"
        case .input: "input"
        case .processes: "processes"
        case .file: "file"
        case .directory: "directory"
        case .handle: "handle"
        case .bytes: "bytes"
        case nil: "nothing"
        }
    }
}
