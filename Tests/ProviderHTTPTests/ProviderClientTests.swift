import CurlTransport
import Model
import NIOCore
import ProviderHTTP
import ProviderKit
import Testing

@Suite
struct ProviderClientTests {
    private struct Echo: Decodable, Sendable {
        let method: String
        let path: String
        let query: [[String]]
        let body: String
        let headers: [String: String]
    }

    @Test func requestsAreWhatTheyShouldBe() async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall(
                "try it",
                "POST",
                "/echo/\("a/b ü?")/\("..")/x",
                query: [("cmd", "a&b"), ("cmd", "")],
                headers: ["X-Common": "two"],
                body: .json(["b": "1", "a": "/"]),
                repeatability: .idempotentByKey,
                idempotencyKey: "key-1"
            )
            let echo = try await fixture.client.json(call, as: Echo.self)
            #expect(echo.method == "POST")
            #expect(echo.path.hasPrefix("/echo/a%2Fb%20%C3%BC%3F/%2E%2E/x?"))
            #expect(echo.query == [["teamId", "team_1"], ["cmd", "a&b"], ["cmd", ""]])
            #expect(echo.body == #"{"a":"/","b":"1"}"#)
            #expect(echo.headers["authorization"] == "Bearer \(ProviderFixture.token)")
            #expect(echo.headers["content-type"] == "application/json")
            #expect(echo.headers["idempotency-key"] == "key-1")
            #expect(echo.headers["x-common"] == "two")
            #expect(echo.headers["user-agent"] == "sandfleet")
        }
    }

    @Test func aNotFoundIsJudgedByBindingAndByWhoSaysIt() async throws {
        try await ProviderFixture.with { fixture in
            func kind(_ path: ProviderPath, _ box: Envelope?) async -> DriverError.Kind? {
                let call = ProviderCall("look", "GET", path, repeatability: .safe, box: box)
                return await #expect(throws: DriverError.self) { try await fixture.client.send(call) }?.kind
            }
            #expect(await kind("/refuse/404", fixture.envelope) == .gone)
            #expect(await kind("/refuse/404", nil) == .invalid)
            let others = Binding(account: "team_2", project: "prj_1").envelope(provider: "example", box: "sbx_1")
            #expect(await kind("/refuse/404", others) == .unauthorized)
            // A page of something in between proves nothing.
            #expect(await kind("/page/404", fixture.envelope) == .transient)
            #expect(await kind("/page/404", others) == .transient)
            #expect(await kind("/refuse/410", fixture.envelope) == .transient)
        }
    }

    @Test func anAnswerThatIsNotUnderstood() async throws {
        try await ProviderFixture.with(answerLimit: 100) { fixture in
            for (kind, expected) in [(Repeatability.safe, DriverError.Kind.transient), (.once, .timeout)] {
                let call = ProviderCall("make it", "POST", "/garbage", repeatability: kind)
                let error = await #expect(throws: DriverError.self) {
                    _ = try await fixture.client.json(call, as: ProviderFixture.Counted.self)
                }
                #expect(error?.kind == expected)
                #expect(error?.message.contains("many") == false)
            }
            let long = ProviderCall("look", "GET", "/echo", repeatability: .safe)
            let error = await #expect(throws: DriverError.self) { try await fixture.client.send(long) }
            #expect(error?.message.contains("exceeds 100 bytes") == true)
        }
    }

    @Test func linesInWhateverPieces() async throws {
        struct Line: Decodable {
            let number: Int
            let text: String
        }
        try await ProviderFixture.with { fixture in
            let lines = try await fixture.client.lines(ProviderCall("follow", "GET", "/lines/50", repeatability: .safe))
            var number = 0
            while let line = try await lines.next(as: Line.self) {
                #expect(line.number == number && line.text.count == number)
                number += 1
            }
            #expect(number == 50)
            let cut = try await fixture.client.lines(ProviderCall("follow", "GET", "/cutlines", repeatability: .safe))
            #expect(try await cut.next().map { String(buffer: $0) } == #"{"number":0}"#)
            let error = await #expect(throws: DriverError.self) { _ = try await cut.next() }
            #expect(error?.kind == .transient)
            let call = ProviderCall("follow", "GET", "/lines/50", repeatability: .safe)
            let short = try await fixture.client.lines(call, limit: 40)
            await #expect(throws: DriverError.self) { while try await short.next() != nil {} }
        }
    }

    @Test func refusedUpgradesAreRepeatedAndJudgedLikeCalls() async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("exec", "GET", "/socket/k/404", repeatability: .once, box: fixture.envelope)
            let gone = await #expect(throws: DriverError.self) { _ = try await fixture.client.webSocket(call) }
            #expect(gone?.kind == .gone)
            let busy = ProviderCall("exec", "GET", "/socket/l/429", repeatability: .once)
            let limited = await #expect(throws: DriverError.self) { _ = try await fixture.client.webSocket(busy) }
            #expect(limited?.kind == .rateLimited(after: nil))
            let l = try await fixture.count("l")
            #expect(l == 3)
            let broken = ProviderCall("exec", "POST", "/socket/m/503", repeatability: .once)
            let unknown = await #expect(throws: DriverError.self) {
                _ = try await fixture.client.upgrade(broken, to: "tcp")
            }
            #expect(unknown?.kind == .timeout)
            let m = try await fixture.count("m")
            #expect(m == 1)
        }
    }
}
