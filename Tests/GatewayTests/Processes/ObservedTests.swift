import FoundationEssentials
import HTTPTypes
import Model
import NIOCore
import ProcessOutput
import Testing

@testable import Gateway
@testable import Store

@Suite("Observed processes", .timeLimit(.minutes(1)))
struct ObservedTests {
    private func start(_ test: TestGateway, _ body: String = #"{"command":"x"}"#) async throws -> ProcessID {
        let path = "/v1/sandboxes/\(test.processes.sandbox)/processes/observed"
        let answer = try await test.send(.post, path, body: body)
        #expect(answer.status == 201)
        guard case .string(let id)? = answer.json["id"] else { throw ReadRecord.Mismatch() }
        return try #require(ProcessID(id))
    }

    private func post(
        _ test: TestGateway,
        _ process: ProcessID,
        _ path: String,
        _ body: String
    ) async throws -> TestGateway.Answer {
        try await test.send(.post, "/v1/processes/\(process)/\(path)", body: body)
    }

    private func read(_ test: TestGateway, _ process: ProcessID) async throws -> ReadRecord {
        try ReadRecord(lines: try await test.send(.get, "/v1/processes/\(process)/output").body)
    }

    @Test func aStartIsARowAndAChunkAndOnlyOnce() async throws {
        let test = try TestGateway()
        let path = "/v1/sandboxes/\(test.processes.sandbox)/processes/observed"
        let body = #"{"command":"codex","args":["x"],"operationId":"o","startedAt":"2026-01-02T03:04:05+01:00"}"#
        let first = try await test.send(.post, path, body: body)
        #expect(first.status == 201 && first.json["observed"] == true && first.json["chunkCount"] == 1)
        #expect(first.json["startedAt"] == "2026-01-02T02:04:05.000Z")
        #expect(try Contract().violations(of: first.json, against: "Process") == [])
        let second = try await test.send(.post, path, body: body)
        #expect(second.status == 200 && second.json["id"] == first.json["id"])
        let other = try await test.send(.post, path, body: #"{"command":"y","operationId":"o"}"#)
        #expect(other.status == 409 && other.code == "operation_conflict")
        let process = try #require(test.processes.processes().first)
        #expect(try await read(test, process.id).types == ["status"])
        let absent = try await test.send(.post, "/v1/sandboxes/01hzzzzzzzzzzzzzzzzzzzzzzz/processes/observed", body: body)
        #expect(absent.status == 404 && absent.code == "sandbox_not_found")
    }

    @Test func allSevenTypesAreKept() async throws {
        let test = try TestGateway()
        let process = try await start(test)
        let body =
            #"{"chunks":[{"type":"stdout","text":"hé"},{"type":"stderr","base64":"/w=="},"#
            + #"{"type":"metadata","data":{"a":[1]}},{"type":"heartbeat"},{"type":"status","data":{"status":"busy"},"#
            + #""at":"2026-01-01T00:00:00Z"}],"seq":2}"#
        for _ in 0..<2 {
            let answer = try await post(test, process, "chunks", body)
            #expect(answer.status == 200 && answer.json == ["firstSeq": 2, "lastSeq": 6])
        }
        let exit = #"{"chunks":[{"type":"exit","data":{"exitCode":4}}],"seq":7}"#
        for _ in 0..<2 {
            #expect(try await post(test, process, "chunks", exit).json == ["firstSeq": 7, "lastSeq": 7])
        }
        let read = try await read(test, process)
        #expect(read.types == ["status", "stdout", "stderr", "metadata", "heartbeat", "status", "exit"])
        #expect(read.stdout == Array("hé".utf8) && read.stderr == [0xFF])
        #expect(read.last?["data"]?["exitCode"] == 4 && read.last?["data"]?["stdoutBytes"] == 3)
        let row = try await test.send(.get, "/v1/processes/\(process)")
        #expect(row.json["status"] == "exited" && row.json["exitCode"] == 4 && row.json["chunkCount"] == 7)
        #expect(test.processes.announced == [process])
        // Nothing comes after the end, and what came before is answered as it was.
        let late = try await post(test, process, "chunks", #"{"chunks":[{"type":"stdout","text":"x"}]}"#)
        #expect(late.status == 409 && late.code == "process_ended" && late.json["details"]?["status"] == "exited")
        let later = try await post(test, process, "chunks", #"{"chunks":[{"type":"stdout","text":"x"}],"seq":8}"#)
        #expect(later.status == 409 && later.code == "process_ended")
        #expect(try await post(test, process, "chunks", body).json == ["firstSeq": 2, "lastSeq": 6])
    }

    @Test func aGapIsAConflictAndAPartIsCompleted() async throws {
        let test = try TestGateway()
        let process = try await start(test)
        let gap = try await post(test, process, "chunks", #"{"chunks":[{"type":"stdout","text":"x"}],"seq":3}"#)
        #expect(gap.status == 409 && gap.code == "operation_conflict" && gap.json["details"]?["nextSeq"] == "2")
        _ = try await post(test, process, "chunks", #"{"chunks":[{"type":"stdout","text":"a"}],"seq":2}"#)
        let more = #"{"chunks":[{"type":"stdout","text":"a"},{"type":"stdout","text":"b"}],"seq":2}"#
        #expect(try await post(test, process, "chunks", more).json == ["firstSeq": 2, "lastSeq": 3])
        #expect(try await read(test, process).stdout == Array("ab".utf8))
    }

    @Test func aChunkThatIsTooLongGetsSeveralNumbers() async throws {
        let test = try TestGateway { $0.jsonLimit = 4 << 20 }
        let process = try await start(test)
        let text = String(repeating: "é", count: 300_000)
        let body = #"{"chunks":[{"type":"stdout","text":"\#(text)"},{"type":"stderr","text":"e"}],"seq":2}"#
        for _ in 0..<2 {
            #expect(try await post(test, process, "chunks", body).json == ["firstSeq": 2, "lastSeq": 5])
        }
        #expect(try await read(test, process).stdout == Array(text.utf8))
        let batches = test.processes.batches(of: process)
        #expect(batches.allSatisfy { $0.encodedLength <= ChunkBatch.maximumLength })
        #expect(batches.flatMap(\.chunks).filter { $0.type == .stdout }.allSatisfy { $0.payload.readableBytes % 2 == 0 })
    }

    @Test func whatAnotherGatewayAppendsComesBetween() async throws {
        let test = try TestGateway()
        let process = try await start(test)
        let other = Chunk(sequence: 2, type: .stdout, at: 0, offset: 0, payload: ByteBuffer(string: "other "))
        test.processes.intrude(with: ChunkBatch(chunks: [other], position: OutputPosition(sequence: 2, stdout: 6)))
        let mine = try await post(test, process, "chunks", #"{"chunks":[{"type":"stdout","text":"mine"}]}"#)
        #expect(mine.json == ["firstSeq": 3, "lastSeq": 3])
        #expect(try await read(test, process).stdout == Array("other mine".utf8))
    }

    @Test func concurrentAppendsAreAllThereOnce() async throws {
        let test = try TestGateway()
        let process = try await start(test)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let body = #"{"chunks":[{"type":"stdout","text":"\#(index),"},{"type":"stdout","text":"\#(index);"}]}"#
                    let answer = try await post(test, process, "chunks", body)
                    #expect(answer.status == 200)
                }
            }
            try await group.waitForAll()
        }
        let read = try await read(test, process)
        #expect(read.numbers == Array(1...101))
        let pairs = String(decoding: read.stdout, as: UTF8.self).split(separator: ";").map { $0.split(separator: ",") }
        #expect(pairs.allSatisfy { $0.count == 2 && $0[0] == $0[1] } && Set(pairs.map { $0[0] }).count == 50)
    }

    @Test(arguments: [
        (#"{"status":"exited","exitCode":0}"#, "exit", "exited"), (#"{"exitCode":-1}"#, "exit", "exited"),
        (#"{"signal":"SIGKILL","message":"m"}"#, "exit", "killed"),
        (#"{"status":"failed","reason":"no"}"#, "error", "failed"),
        (#"{"status":"lost","reason":"gone","exitedAt":"2026-01-01T00:00:00.5Z"}"#, "error", "lost"),
    ])
    func anEndIsAChunkAndARow(_ body: String, _ type: String, _ status: String) async throws {
        let test = try TestGateway()
        let process = try await start(test)
        for _ in 0..<2 {
            let answer = try await post(test, process, "finish", body)
            #expect(answer.status == 200 && answer.json["status"] == .string(status))
            #expect(try Contract().violations(of: answer.json, against: "Process") == [])
        }
        let read = try await read(test, process)
        #expect(read.types == ["status", type] && read.last?["data"]?["status"] == .string(status))
        #expect(test.processes.announced == [process])
        let other = try await post(test, process, "finish", #"{"status":"exited","exitCode":77}"#)
        #expect(other.status == 409 && other.code == "process_ended")
    }

    @Test func anEndThatDidNotComeToTheRowIsMadeUpFor() async throws {
        for path in ["finish", "chunks"] {
            let test = try TestGateway()
            let process = try await start(test)
            // A gateway died between the record's end and the row's.
            var position = OutputPosition(sequence: 1, hasEnded: true)
            let exit = RandomRecord.control(.exit, #"{"status":"exited","exitCode":5,"stdoutBytes":0}"#, &position)
            test.processes.store([ChunkBatch(chunks: [exit], position: position)], of: process)
            let body = path == "finish" ? #"{"exitCode":5}"# : #"{"chunks":[{"type":"stdout","text":"x"}]}"#
            let answer = try await post(test, process, path, body)
            #expect(answer.status == (path == "finish" ? 200 : 409))
            let row = try await test.send(.get, "/v1/processes/\(process)")
            #expect(row.json["status"] == "exited" && row.json["exitCode"] == 5 && row.json["chunkCount"] == 2)
        }
    }

    @Test(arguments: [
        "{}", #"{"chunks":[]}"#, #"{"chunks":[{}]}"#, #"{"chunks":[{"type":"out","text":"x"}]}"#,
        #"{"chunks":[{"type":"stdout"}]}"#, #"{"chunks":[{"type":"stdout","text":""}]}"#,
        #"{"chunks":[{"type":"stdout","text":"x","base64":"eA=="}]}"#, #"{"chunks":[{"type":"stdout","base64":"!"}]}"#,
        #"{"chunks":[{"type":"stdout","text":"x","data":{}}]}"#, #"{"chunks":[{"type":"status","data":[]}]}"#,
        #"{"chunks":[{"type":"status","text":"x"}]}"#, #"{"chunks":[{"type":"stdout","text":"x","at":"now"}]}"#,
        #"{"chunks":[{"type":"exit","data":{}}]}"#, #"{"chunks":[{"type":"exit","data":{"status":"lost","reason":"x"}}]}"#,
        #"{"chunks":[{"type":"error","data":{"code":"process_lost"}}]}"#,
        #"{"chunks":[{"type":"exit","data":{"exitCode":0}},{"type":"stdout","text":"x"}]}"#,
        #"{"chunks":[{"type":"stdout","text":"x"}],"seq":0}"#, #"{"chunks":[{"type":"stdout","text":"x"}],"sec":1}"#,
    ])
    func wrongChunksAreRefused(_ body: String) async throws {
        let test = try TestGateway()
        let process = try await start(test)
        let answer = try await post(test, process, "chunks", body)
        #expect(answer.status == 400, "\(body)")
        #expect(try await read(test, process).types == ["status"])
    }

    @Test(arguments: [
        "{}", #"{"status":"running"}"#, #"{"status":"gone"}"#, #"{"status":"killed","exitCode":1}"#,
        #"{"status":"exited","signal":"TERM"}"#, #"{"status":"lost"}"#, #"{"signal":"a b"}"#, #"{"exitCode":1.5}"#,
        #"{"exitCode":99999999999}"#, #"{"exitCode":0,"exitedAt":"yesterday"}"#,
    ])
    func wrongEndsAreRefused(_ body: String) async throws {
        let test = try TestGateway()
        let process = try await start(test)
        #expect(try await post(test, process, "finish", body).status == 400, "\(body)")
    }

    @Test func whatTheFleetRunsItRecordsItself() async throws {
        let test = try TestGateway()
        let process = test.processes.add()
        let chunks = try await post(test, process.id, "chunks", #"{"chunks":[{"type":"stdout","text":"x"}]}"#)
        #expect(chunks.status == 422 && chunks.code == "unsupported")
        #expect(try await post(test, process.id, "finish", #"{"exitCode":0}"#).status == 422)
    }
}
