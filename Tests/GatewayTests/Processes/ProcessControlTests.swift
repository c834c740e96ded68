import Bus
import FoundationEssentials
import HTTPTypes
import Model
import NIOConcurrencyHelpers
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway
@testable import Store

@Suite("Rows, input and signals over HTTP", .timeLimit(.minutes(1)))
struct ProcessControlTests {
    private static let done = FakeOwner { _ in .process(WireProcessState()) }

    @Test func aStartAnswersWithItsRow() async throws {
        let rows = NeverLate<MemoryFleet>()
        let owner = FakeOwner(
            { request in
                let id = try #require(ProcessID(request.startProcess.processID))
                try rows.value.add {
                    $0.id = id
                    $0.operation = request.operationID
                }
                return .process(.with { $0.processID = id.rawValue })
            },
            { request in
                let found = try #require(try await rows.value.process(ofOperation: request.operationID, in: rows.value.sandbox))
                return .process(
                    .with {
                        $0.processID = found.id.rawValue
                        $0.existed = true
                    }
                )
            }
        )
        let test = try TestGateway(bus: owner)
        rows.set(test.processes)
        let path = "/v1/sandboxes/\(test.processes.sandbox)/processes"
        let body = #"{"command":"a","operationId":"o","pty":{"rows":3,"columns":4},"stdinOpen":true}"#
        let first = try await test.send(.post, path, body: body)
        #expect(first.status == 201)
        #expect(try Contract().violations(of: first.json, against: "Process") == [])
        let second = try await test.send(.post, path, body: body)
        #expect(second.status == 200 && second.json["id"] == first.json["id"])
        let start = try #require(owner.requests.first?.startProcess)
        #expect(start.background && start.shell && start.terminal.rows == 3 && start.terminal.columns == 4 && start.stdinOpen)
    }

    @Test func aListIsFilteredAndPaged() async throws {
        let test = try TestGateway()
        let path = "/v1/sandboxes/\(test.processes.sandbox)/processes"
        for index in 0..<5 {
            test.processes.add { row in
                row.kind = index < 2 ? .watcher : .command
                row.status = index == 0 ? .lost : .running
                row.reason = index == 0 ? "x" : nil
            }
        }
        let all = try await test.send(.get, path)
        #expect(try Contract().violations(of: all.json, against: "ProcessPage") == [])
        func count(_ query: String) async throws -> Int {
            guard case .array(let items)? = try await test.send(.get, "\(path)?\(query)").json["items"] else { return -1 }
            return items.count
        }
        #expect(try await count("kind=watcher") == 2)
        #expect(try await count("kind=watcher&status=running") == 1)
        var seen: [JSONValue] = []
        var cursor = ""
        repeat {
            let page = try await test.send(.get, "\(path)?limit=2\(cursor)")
            guard case .array(let items)? = page.json["items"] else { break }
            seen += items.compactMap { $0["id"] }
            guard case .string(let next)? = page.json["nextCursor"] else { break }
            cursor = "&cursor=\(next)"
        } while seen.count < 10
        #expect(seen.count == 5 && Set(seen).count == 5)
        for query in ["status=dead", "kind=x", "limit=0", "cursor=x", "x=1"] {
            let refused = try await test.send(.get, "\(path)?\(query)")
            #expect(refused.status == 400, "\(query)")
            if query == "kind=x" { #expect(String(decoding: refused.body, as: UTF8.self).contains("dev-server")) }
        }
    }

    @Test func whatHasEndedTakesNothingMore() async throws {
        let test = try TestGateway(bus: Self.done)
        let process = test.processes.add()
        test.processes.end(process.id, as: .killed) {
            $0.signal = "KILL"
            $0.reason = "timeout"
        }
        for (path, body) in [("stdin", "x"), ("signal", #"{"signal":"TERM"}"#), ("resize", #"{"rows":1,"columns":1}"#)] {
            let answer = try await test.send(.post, "/v1/processes/\(process.id)/\(path)", body: body)
            #expect(answer.status == 409 && answer.code == "process_ended", "\(path)")
            #expect(answer.json["details"]?["status"] == "killed" && answer.json["processStatus"] == "killed")
        }
        let cancelled = try await test.send(.post, "/v1/processes/\(process.id)/cancel")
        #expect(cancelled.status == 200 && cancelled.json["reason"] == "timeout")
    }

    @Test func whatAnotherProgramRunsIsNotOurs() async throws {
        let test = try TestGateway(bus: Self.done)
        let process = test.processes.add { $0.isObserved = true }
        for (path, body) in [
            ("stdin", "x"), ("signal", #"{"signal":"TERM"}"#), ("resize", #"{"rows":1,"columns":1}"#), ("cancel", ""),
        ] {
            let answer = try await test.send(.post, "/v1/processes/\(process.id)/\(path)", body: body)
            #expect(answer.status == 422 && answer.code == "unsupported", "\(path)")
        }
    }

    @Test func signalsHaveTheirNames() async throws {
        let owner = FakeOwner { _ in .process(WireProcessState()) }
        let test = try TestGateway(bus: owner)
        let process = test.processes.add()
        let path = "/v1/processes/\(process.id)/signal"
        for name in ["TERM", "SIGTERM", "sigterm"] {
            #expect(try await test.send(.post, path, body: #"{"signal":"\#(name)"}"#).status == 200)
        }
        #expect(owner.requests.map(\.signalProcess.signal) == ["TERM", "TERM", "TERM"])
        for body in [#"{"signal":"NOPE"}"#, #"{"signal":"15"}"#, #"{"signal":15}"#, "{}", #"{"signal":"TERM","x":1}"#] {
            #expect(try await test.send(.post, path, body: body).status == 400, "\(body)")
        }
        let unknown = try await test.send(.post, path, body: #"{"signal":"NOPE"}"#)
        #expect(String(decoding: unknown.body, as: UTF8.self).contains("USR1"))
    }

    @Test func aCancelThatCameTooLateShowsTheEnd() async throws {
        let fleet = NeverLate<MemoryFleet>()
        let owner = FakeOwner { request in
            // It ends by itself while it is asked for.
            try fleet.value.end(try #require(ProcessID(request.cancelProcess.processID)))
            throw BusError.remote(Fault(.processEnded, "It has ended."))
        }
        let test = try TestGateway(bus: owner)
        fleet.set(test.processes)
        let process = test.processes.add()
        let answer = try await test.send(.post, "/v1/processes/\(process.id)/cancel", body: #"{"graceMs":10}"#)
        #expect(answer.status == 200 && answer.json["status"] == "exited")
        #expect(owner.requests.first?.cancelProcess.graceMs == 10)
        #expect(try await test.send(.post, "/v1/processes/\(process.id)/cancel", body: #"{"graceMs":-1}"#).status == 400)
    }

    @Test func anOwnerThatDoesNotHaveItYetIsNotFinal() async throws {
        let test = try TestGateway(bus: FakeOwner { _ in throw BusError.remote(Fault(.processNotFound, "x")) })
        let process = test.processes.add()
        let answer = try await test.send(.post, "/v1/processes/\(process.id)/signal", body: #"{"signal":"TERM"}"#)
        #expect(answer.status == 503 && answer.code == "moving")
    }

    @Test func inputIsSentWithItsPlace() async throws {
        let taken = NIOLockedValueBox(Data())
        let owner = FakeOwner { request in
            let write = request.writeStdin
            return try taken.withLockedValue { taken in
                let at = write.hasOffset ? Int(write.offset) : taken.count
                guard at <= taken.count else {
                    throw BusError.remote(Fault(.stdinOffset, "gap", details: ["offset": "\(taken.count)"]))
                }
                taken += write.bytes.dropFirst(taken.count - at)
                return .stdin(
                    .with {
                        $0.offset = UInt64(taken.count)
                        $0.ended = write.end
                    }
                )
            }
        }
        let test = try TestGateway(bus: owner)
        let process = test.processes.add()
        let path = "/v1/processes/\(process.id)/stdin"
        let first = try await test.send(.post, path, body: "hello ")
        #expect(first.status == 200 && first.json == ["offset": 6, "ended": false])
        #expect(try Contract().violations(of: first.json, against: "InputState") == [])
        #expect(try await test.send(.post, "\(path)?offset=3", body: "lo world").json["offset"] == 11)
        let gap = try await test.send(.post, "\(path)?offset=20", body: "x")
        #expect(gap.status == 409 && gap.code == "stdin_offset" && gap.json["details"]?["offset"] == "11")
        // Longer than one request of the bus: each piece after the first knows its place.
        let long = String(repeating: "x", count: 600_000)
        let all = try await test.send(.post, "\(path)?end=true", body: long)
        #expect(all.json == ["offset": 600_011, "ended": true])
        #expect(taken.withLockedValue { $0 } == Data(("hello world" + long).utf8))
        let writes = owner.requests.suffix(4).map(\.writeStdin)
        #expect(writes.map(\.bytes.count) == [0, 262_144, 262_144, 75_712] && writes.map(\.end) == [false, false, false, true])
        for query in ["offset=-1", "offset=x", "end=2", "offset=99999999999999999999"] {
            #expect(try await test.send(.post, "\(path)?\(query)", body: "x").status == 400, "\(query)")
        }
    }

    @Test func inputThatIsNotTakenIsToldSo() async throws {
        let owner = FakeOwner { request in .stdin(.with { $0.offset = request.writeStdin.offset + 100_000 }) }
        let test = try TestGateway(bus: owner)
        let process = test.processes.add()
        let long = String(repeating: "x", count: 600_000)
        let answer = try await test.send(.post, "/v1/processes/\(process.id)/stdin?offset=0&end=true", body: long)
        #expect(answer.status == 200 && answer.json == ["offset": 100_000, "ended": false])
        #expect(owner.requests.count == 1)
    }

    @Test func aTerminalIsResizedOnlyWhereThereIsOne() async throws {
        let test = try TestGateway(bus: FakeOwner { _ in .done(WireDone()) })
        let plain = test.processes.add()
        let terminal = test.processes.add { $0.hasTerminal = true }
        let body = #"{"rows":10,"columns":20}"#
        #expect(try await test.send(.post, "/v1/processes/\(plain.id)/resize", body: body).status == 422)
        #expect(try await test.send(.post, "/v1/processes/\(terminal.id)/resize", body: body).status == 204)
        for body in [#"{"rows":0,"columns":20}"#, #"{"rows":10}"#, #"{"rows":10,"columns":70000}"#] {
            #expect(try await test.send(.post, "/v1/processes/\(terminal.id)/resize", body: body).status == 400)
        }
    }
}
