import Bus
import FoundationEssentials
import HTTPTypes
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProcessOutput
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway
@testable import Store

@Suite("Commands", .timeLimit(.minutes(1)))
struct CommandTests {
    private func run(
        _ test: TestGateway,
        _ body: String,
        headers: HTTPFields = [:]
    ) async throws -> TestGateway.Answer {
        try await test.send(.post, "/v1/sandboxes/\(test.processes.sandbox)/commands", headers: headers, body: body)
    }

    /// The row that an owner writes for a request, with a record that says `out` and ends.
    private func serve(_ request: WireSandboxRequest, _ fleet: MemoryFleet, ends: Bool = true) throws -> ProcessRecord {
        let id = try #require(ProcessID(request.wanted.processID))
        let process = fleet.add { row in
            row.id = id
            row.operation = request.operationID
        }
        var position = OutputPosition()
        var chunks = [RandomRecord.control(.status, #"{"status":"running"}"#, &position)]
        position.sequence += 1
        position.stdout = 4
        chunks.append(Chunk(sequence: 2, type: .stdout, at: 0, offset: 0, payload: ByteBuffer(string: "out\n")))
        position.hasEnded = ends
        if ends { chunks.append(RandomRecord.control(.exit, #"{"status":"exited","exitCode":0}"#, &position)) }
        fleet.store([ChunkBatch(chunks: chunks, position: position)], of: id)
        if ends { fleet.end(id) }
        return process
    }

    @Test func theWorkersAnswerIsTheAnswer() async throws {
        let owner = FakeOwner { request in
            .command(
                .with {
                    $0.process = .with {
                        $0.processID = request.run.start.processID
                        $0.status = .exited
                        $0.exitCode = 3
                        $0.stdoutBytes = 5
                        $0.outputOpen = true
                    }
                    $0.stdout = Data("hé\0".utf8)
                    $0.durationMs = 7
                }
            )
        }
        let test = try TestGateway(bus: owner)
        let body =
            #"{"command":"a","args":["b"],"env":{"X":"1"},"timeoutMs":5,"stdin":"in","kind":"test-runner","#
            + #""metadata":{"m":"1"},"outputLimitBytes":9,"onOutputLimit":"kill","cwd":"/x","#
            + #""webhook":{"url":"https://a.example/x","secret":"s"}}"#
        let answer = try await run(test, body, headers: [.operationID: "op-1"])
        #expect(answer.status == 200)
        #expect(try Contract().violations(of: answer.json, against: "CommandResult") == [])
        #expect(answer.json["stdout"] == "hé\0" && answer.json["truncated"] == true && answer.json["outputOpen"] == true)
        #expect(answer.json["exitCode"] == 3 && answer.json["success"] == false && answer.json["message"] == .null)
        let request = try #require(owner.requests.first)
        let start = request.run.start
        #expect(request.operationID == "op-1" && answer.json["processId"] == .string(start.processID))
        #expect(start.arguments == ["a", "b"] && !start.shell && !start.background && start.env == ["X": "1"])
        #expect(start.stdin == Data("in".utf8) && !start.stdinOpen && start.timeoutMs == 5 && start.kind == "test-runner")
        #expect(start.metadata == Data(#"{"m":"1"}"#.utf8) && start.storedLimit == 9 && start.killAtLimit)
        #expect(start.cwd == "/x" && start.webhook.secret == "s" && start.requestHash.count == 32)
        #expect(request.run.tailLimit == 262_144 && test.processes.reads == 0)
    }

    @Test func aRepeatHasTheSameHashAndAnotherBodyHasNot() async throws {
        let owner = FakeOwner { _ in throw BusError.remote(Fault(.unsupported, "x")) }
        let test = try TestGateway(bus: owner)
        for body in [
            #"{"command":"a","operationId":"o"}"#, #"{ "operationId": "o", "command" : "a" }"#, #"{"command":"a"}"#,
            #"{"command":"b","operationId":"o"}"#, #"{"command":"a","args":[],"operationId":"o"}"#,
        ] {
            _ = try await run(test, body, headers: body.contains("operationId") ? [:] : [.operationID: "o"])
        }
        let path = "/v1/sandboxes/\(test.processes.sandbox)/processes"
        _ = try await test.send(.post, path, headers: [.operationID: "o"], body: #"{"command":"a"}"#)
        let hashes = owner.requests.map(\.wanted.requestHash)
        #expect(owner.requests.allSatisfy { $0.operationID == "o" })
        #expect(hashes[0] == hashes[1] && hashes[0] == hashes[2])
        #expect(Set(hashes).count == 4)
        let other = try await run(test, #"{"command":"a","operationId":"o"}"#, headers: [.operationID: "p"])
        #expect(other.status == 400 && other.json["field"] == "$.operationId")
    }

    @Test func whatWasStartedBeforeIsWaitedForAndReadFromTheRecord() async throws {
        let fleet = NeverLate<MemoryFleet>()
        let owner = FakeOwner { request in
            let process = try serve(request, try fleet.value)
            return .command(
                .with {
                    $0.process = .with {
                        $0.processID = process.id.rawValue
                        $0.status = .running
                    }
                    $0.attached = true
                }
            )
        }
        let test = try TestGateway(bus: owner)
        fleet.set(test.processes)
        let answer = try await test.running { try await run(test, #"{"command":"a"}"#) }
        #expect(answer.status == 200 && answer.json["stdout"] == "out\n" && answer.json["exitCode"] == 0)
        #expect(try Contract().violations(of: answer.json, against: "CommandResult") == [])
    }

    @Test func aLostAnswerIsFoundByTheOperation() async throws {
        let fleet = NeverLate<MemoryFleet>()
        let owner = FakeOwner { request in
            // The worker died after it had written the row; the next owner ends it.
            _ = try serve(request, try fleet.value)
            throw BusError.unknown
        }
        let test = try TestGateway(bus: owner)
        fleet.set(test.processes)
        for headers: HTTPFields in [[:], [.accept: "application/x-ndjson"]] {
            let answer = try await test.running { try await run(test, #"{"command":"a"}"#, headers: headers) }
            #expect(answer.status == 200)
            if headers.isEmpty {
                #expect(answer.json["stdout"] == "out\n")
            } else {
                #expect(try ReadRecord(lines: answer.body).types == ["status", "stdout", "exit"])
            }
        }
        #expect(owner.requests.count == 2)
    }

    @Test func withoutARowTheSameRequestIsAskedAgainAndNotForEver() async throws {
        let owner = FakeOwner { _ in throw BusError.unknown }
        let test = try TestGateway(bus: owner)
        let answer = try await run(test, #"{"command":"a"}"#)
        #expect(answer.status == 504 && answer.code == "outcome_unknown")
        #expect(owner.requests.count == 3)
        #expect(Set(owner.requests.map(\.operationID)).count == 1)
        #expect(Set(owner.requests.map(\.wanted.processID)).count == 1)
        #expect(answer.json["operationId"] == .string(try #require(owner.requests.first).operationID))
    }

    @Test func aRefusalIsNoReasonToAskAgain() async throws {
        for code in [FaultCode.operationConflict, .unsupported, .sandboxNotActive] {
            let owner = FakeOwner { _ in throw BusError.remote(Fault(code, "x")) }
            let answer = try await run(try TestGateway(bus: owner), #"{"command":"a"}"#)
            #expect(answer.status == Int(code.httpStatus.code) && answer.code == code.rawValue)
            #expect(owner.requests.count == 1)
        }
    }

    @Test func chunksComeAsLinesOrEvents() async throws {
        let fleet = NeverLate<MemoryFleet>()
        let owner = FakeOwner { request in
            let process = try serve(request, try fleet.value)
            return .process(.with { $0.processID = process.id.rawValue })
        }
        let test = try TestGateway(bus: owner)
        fleet.set(test.processes)
        for (type, isEvents) in [("application/x-ndjson", false), ("text/event-stream", true)] {
            let answer = try await run(test, #"{"command":"a"}"#, headers: [.accept: type])
            #expect(answer.status == 200 && answer.headers[.contentType] == type)
            #expect(answer.headers[.processID] == owner.requests.last?.startProcess.processID)
            let read = try isEvents ? ReadRecord(events: answer.body) : ReadRecord(lines: answer.body)
            #expect(read.numbers == [1, 2, 3] && read.stdout == Array("out\n".utf8))
            #expect(owner.requests.last?.startProcess.background == false)
        }
    }

    @Test func longInputFollowsInPieces() async throws {
        let fleet = NeverLate<MemoryFleet>()
        let taken = NeverLate<Data>()
        taken.set(Data())
        let owner = FakeOwner { request in
            switch request.operation {
            case .startProcess(let start):
                taken.set(start.stdin)
                let process = try serve(request, try fleet.value, ends: false)
                return .process(.with { $0.processID = process.id.rawValue })
            case .writeStdin(let write):
                // Takes half of what comes, as a process that reads slowly; a piece is lost now and then.
                let before = try taken.value
                guard Int(write.offset) == before.count else { throw BusError.unknown }
                let kept = write.end && write.bytes.count < 1000 ? write.bytes : write.bytes.prefix((write.bytes.count + 1) / 2)
                taken.set(before + kept)
                let isWhole = write.end && kept.count == write.bytes.count
                if isWhole { try fleet.value.end(try #require(ProcessID(write.processID))) }
                return .stdin(
                    .with {
                        $0.offset = UInt64(before.count + kept.count)
                        $0.ended = isWhole
                    }
                )
            default: throw Fault(.internal, "unexpected")
            }
        }
        let test = try TestGateway(bus: owner) { $0.jsonLimit = 4 << 20 }
        fleet.set(test.processes)
        let input = String(repeating: "0123456789abcdef", count: 40_000)
        let answer = try await test.running { try await run(test, #"{"command":"cat","stdin":"\#(input)"}"#) }
        #expect(answer.status == 200 && answer.json["stdout"] == "out\n")
        #expect(try taken.value == Data(input.utf8))
        let start = try #require(owner.requests.first?.startProcess)
        #expect(start.stdinOpen && start.stdin.count == 262_144)
        #expect(owner.requests.dropFirst().allSatisfy { $0.writeStdin.bytes.count <= 262_144 && $0.writeStdin.hasOffset })
    }
}

/// A value that is set before anybody asks for it.
final class NeverLate<Value: Sendable>: Sendable {
    private let held = NIOLockedValueBox<Value?>(nil)

    var value: Value {
        get throws { try #require(held.withLockedValue { $0 }) }
    }

    func set(_ value: Value) {
        held.withLockedValue { $0 = value }
    }
}
