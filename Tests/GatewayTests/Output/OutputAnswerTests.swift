import HTTPTypes
import Model
import NIOCore
import ProcessOutput
import Testing

@testable import Gateway
@testable import Store

@Suite("Reading a process's record over HTTP", .timeLimit(.minutes(1)))
struct OutputAnswerTests {
    /// A process that has ended, and everything of it.
    private func ended(_ test: TestGateway, seed: UInt64 = 41, batches: Int = 4) -> (ProcessRecord, RandomRecord) {
        var random = Seeded(seed: seed)
        let record = RandomRecord(batches: batches, using: &random)
        let process = test.processes.add()
        test.processes.store(record.batches, of: process.id)
        test.processes.end(process.id)
        return (process, record)
    }

    private func read(
        _ test: TestGateway,
        _ process: ProcessRecord,
        _ query: String = "",
        headers: HTTPFields = [:]
    ) async throws -> TestGateway.Answer {
        try await test.send(.get, "/v1/processes/\(process.id)/output?\(query)", headers: headers)
    }

    @Test func aRecordIsReadFromAnyNumber() async throws {
        let test = try TestGateway()
        let (process, record) = ended(test)
        for follow in ["", "&follow=true"] {
            for first in 1...record.position.sequence {
                let answer = try await read(test, process, "from=\(first)\(follow)")
                #expect(answer.status == 200 && answer.headers[.contentType] == "application/x-ndjson")
                #expect(answer.headers[.processID] == process.id.rawValue)
                #expect(try ReadRecord(lines: answer.body).numbers == Array(Int64(first)...Int64(record.position.sequence)))
            }
            let beyond = try await read(test, process, "from=\(record.position.sequence + 1)\(follow)")
            #expect(beyond.status == 416 && beyond.code == "out_of_range")
            #expect(beyond.json["details"]?["lastSeq"] == .string("\(record.position.sequence)"))
        }
        let whole = try ReadRecord(lines: try await read(test, process).body)
        #expect(whole.stdout == record.stdout && whole.stderr == record.stderr)
    }

    @Test func aRecordIsReadFromAnyByte() async throws {
        let test = try TestGateway()
        let (process, record) = ended(test)
        for offset in 0...record.stdout.count {
            let answer = try await read(test, process, "stdout=\(offset)")
            let read = try ReadRecord(lines: answer.body)
            #expect(read.stdout == Array(record.stdout.dropFirst(offset)) && read.stderr.isEmpty)
            #expect(read.types.last == "exit")
        }
        let both = try await read(test, process, "stdout=\(record.stdout.count)&stderr=0")
        #expect(try ReadRecord(lines: both.body).stderr == record.stderr)
        let beyond = try await read(test, process, "stdout=\(record.stdout.count + 1)")
        #expect(beyond.status == 416 && beyond.code == "out_of_range")
    }

    @Test func eventsAreResumedAfterTheLastOneSeen() async throws {
        let test = try TestGateway()
        let (process, record) = ended(test)
        let headers: HTTPFields = [.accept: "text/event-stream", .lastEventID: "\(record.position.sequence - 2)"]
        let answer = try await read(test, process, "from=1&follow=true", headers: headers)
        #expect(answer.headers[.contentType] == "text/event-stream")
        let read = try ReadRecord(events: answer.body)
        #expect(read.numbers == [Int64(record.position.sequence) - 1, Int64(record.position.sequence)])
    }

    @Test(arguments: [
        "from=-1", "from=x", "from=0", "from=1.5", "from=%2B1", "from=99999999999999999999", "stdout=1e3", "stderr=-4",
        "stdout=9223372036854775808", "from=1&stdout=0", "follow=maybe", "from=1&from=2", "to=3",
    ])
    func whatIsNoPlaceIsRefused(_ query: String) async throws {
        let test = try TestGateway()
        let (process, _) = ended(test)
        #expect(try await read(test, process, query).status == 400, "\(query)")
    }

    @Test func aWrongLastEventIsRefused() async throws {
        let test = try TestGateway()
        let (process, _) = ended(test)
        for word in ["x", "-1", "1.0", "18446744073709551615"] {
            #expect(try await read(test, process, headers: [.lastEventID: word]).status == 400, "\(word)")
        }
    }

    @Test func whoDoesNotWaitGetsWhatIsThere() async throws {
        let test = try TestGateway()
        var random = Seeded(seed: 42)
        let record = RandomRecord(batches: 3, ends: false, using: &random)
        let process = test.processes.add()
        let nothing = try await read(test, process)
        #expect(nothing.status == 200 && nothing.body.isEmpty)
        test.processes.store(record.batches, of: process.id)
        let last = record.position.sequence
        #expect(try ReadRecord(lines: try await read(test, process).body).numbers.last == Int64(last))
        let next = try await read(test, process, "from=\(last + 1)")
        #expect(next.status == 200 && next.body.isEmpty)
        #expect(try await read(test, process, "from=\(last + 2)").status == 416)
        #expect(try await read(test, process, "stdout=\(record.stdout.count)").status == 200)
        #expect(try await read(test, process, "stdout=\(record.stdout.count + 1)").status == 416)
    }

    @Test func aFollowerGetsWhatComes() async throws {
        let test = try TestGateway()
        var random = Seeded(seed: 43)
        let record = RandomRecord(batches: 8, using: &random)
        let process = test.processes.add()
        test.processes.store(Array(record.batches.prefix(2)), of: process.id)
        async let whole = read(test, process, "follow=true")
        async let bytes = read(test, process, "stderr=\(record.stderr.count / 2)&follow=true")
        async let late = read(test, process, "from=\(record.position.sequence - 1)&follow=true")
        for batch in record.batches.dropFirst(2) {
            await Task.yield()
            test.processes.store([batch], of: process.id)
        }
        test.processes.end(process.id)
        let read = try ReadRecord(lines: try await whole.body)
        #expect(read.stdout == record.stdout && read.stderr == record.stderr)
        #expect(read.numbers == Array(1...Int64(record.position.sequence)))
        #expect(try ReadRecord(lines: try await bytes.body).stderr == Array(record.stderr.dropFirst(record.stderr.count / 2)))
        #expect(try ReadRecord(lines: try await late.body).numbers.count == 2)
    }

    @Test func anEndThatLeftNothingInTheRecordIsToldByTheRow() async throws {
        let cases: [(ProcessStatus, String?, Int, String)] = [
            (.lost, "sandbox_stopped", 0, "process_lost"), (.lost, "box_gone", 5, "output_truncated"),
            (.exited, nil, 0, "output_truncated"), (.failed, "start_failed", 0, "process_start_failed"),
        ]
        for (status, reason, missing, code) in cases {
            for follow in [false, true] {
                let test = try TestGateway { $0.heartbeat = .milliseconds(20) }
                var random = Seeded(seed: 44)
                let record = RandomRecord(batches: 2, ends: false, using: &random)
                let process = test.processes.add()
                test.processes.store(record.batches, of: process.id)
                let end: @Sendable () -> Void = {
                    test.processes.end(process.id, as: status) { row in
                        row.reason = reason
                        row.stdoutBytes += UInt64(missing)
                    }
                }
                if !follow { end() }
                async let answer = read(test, process, follow ? "follow=true" : "")
                if follow {
                    await Task.yield()
                    end()
                }
                let read = try ReadRecord(lines: try await answer.body)
                #expect(read.numbers == Array(1...Int64(record.position.sequence + 1)))
                #expect(read.types.last == "error" && read.last?["data"]?["code"] == .string(code), "\(status)")
                #expect(read.last?["data"]?["status"] == .string(status.rawValue))
                #expect(read.last?["data"]?["reason"] == reason.map { .string($0) } ?? .null)
            }
        }
    }

    @Test func theEndThatIsToldHasItsNumber() async throws {
        let test = try TestGateway()
        var random = Seeded(seed: 45)
        let record = RandomRecord(batches: 2, ends: false, using: &random)
        let process = test.processes.add()
        test.processes.store(record.batches, of: process.id)
        // As a row that ended with its sandbox: nobody wrote the counts.
        test.processes.end(process.id, as: .lost) { row in
            row.reason = "sandbox_stopped"
            row.chunkCount = 0
            row.stdoutBytes = 0
            row.stderrBytes = 0
            row.streamLast = nil
        }
        let last = record.position.sequence
        let told = try await read(test, process, "from=\(last + 1)")
        let read = try ReadRecord(lines: told.body)
        #expect(read.numbers == [Int64(last) + 1] && read.types == ["error"])
        #expect(read.last?["data"]?["code"] == "process_lost")
        #expect(try await self.read(test, process, "from=\(last + 2)").status == 416)
        let row = try await test.send(.get, "/v1/processes/\(process.id)")
        #expect(row.json["chunkCount"] == .integer(Int64(last)))
    }

    @Test func whatIsGoneSaysSo() async throws {
        let test = try TestGateway { $0.heartbeat = .milliseconds(20) }
        let (process, _) = ended(test)
        test.processes.expire(process.id)
        let gone = try await read(test, process)
        #expect(gone.status == 410 && gone.code == "output_expired")

        // In mid-stream it is the last line.
        var random = Seeded(seed: 46)
        let record = RandomRecord(batches: 2, ends: false, using: &random)
        let running = test.processes.add()
        test.processes.store(record.batches, of: running.id)
        async let answer = read(test, running, "follow=true")
        while test.processes.following == 0 { await Task.yield() }
        test.processes.expire(running.id)
        let read = try ReadRecord(lines: try await answer.body)
        #expect(read.types.last == "error" && read.last?["data"]?["code"] == "output_expired")
    }

    @Test func silenceHasHeartbeats() async throws {
        let test = try TestGateway { $0.heartbeat = .milliseconds(10) }
        let process = test.processes.add()
        async let answer = read(test, process, "follow=true")
        // The row is looked at after each heartbeat.
        while test.processes.reads < 3 { await Task.yield() }
        var position = OutputPosition(hasEnded: true)
        let exit = RandomRecord.control(.exit, #"{"status":"exited"}"#, &position)
        test.processes.store([ChunkBatch(chunks: [exit], position: position)], of: process.id)
        let lines = try await answer.body.split(separator: 0x0A).map { try JSONParser.parse(Array($0)) }
        #expect(lines.count >= 2 && lines.first?["type"] == "heartbeat" && lines.first?["seq"] == nil)
        #expect(lines.last?["type"] == "exit")
    }

    @Test func aBrokerThatIsAwayIsNoEnd() async throws {
        let test = try TestGateway()
        let (process, _) = ended(test)
        test.processes.becomeUnavailable()
        let answer = try await read(test, process)
        #expect(answer.status == 503 && answer.code == "bus_unavailable")
    }

    @Test func aForeignProcessIsNotThere() async throws {
        let test = try TestGateway()
        let process = test.processes.add { $0.workspace = ID.new() }
        for path in ["", "/output"] {
            let answer = try await test.send(.get, "/v1/processes/\(process.id)\(path)")
            #expect(answer.status == 404 && answer.code == "process_not_found")
        }
        #expect(try await test.send(.get, "/v1/processes/nothing").code == "process_not_found")
    }
}
