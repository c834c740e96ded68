import CurlTransport
import FleetTesting
import Model
import NIOCore
import ProviderHTTP
import ProviderKit
import Testing

/// What is sent again, and what the end of it is.
@Suite
struct RetryTests {
    typealias Counted = ProviderFixture.Counted

    @Test(arguments: [Repeatability.safe, .idempotentByKey], [408, 425, 429, 500, 502, 503, 504])
    func passingTroubleIsGotOver(kind: Repeatability, status: Int) async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("make it", "POST", "/flaky/x/2/\(status)", body: .json(["a": 1]), repeatability: kind)
            let answer = try await fixture.client.json(call, as: Counted.self)
            #expect(answer.count == 3)
            #expect(fixture.log.text.contains("a provider's call is repeated"))
        }
    }

    @Test(arguments: [
        (Repeatability.safe, 503, DriverError.Kind.transient, 3), (.safe, 504, .timeout, 3), (.safe, 500, .transient, 3),
        (.idempotentByKey, 503, .timeout, 3), (.idempotentByKey, 500, .timeout, 3), (.once, 500, .timeout, 1),
        (.once, 502, .timeout, 1), (.once, 503, .timeout, 1), (.once, 504, .timeout, 1), (.once, 408, .timeout, 1),
        (.once, 425, .transient, 3), (.once, 429, .rateLimited(after: nil), 3), (.safe, 429, .rateLimited(after: nil), 3),
        (.once, 400, .invalid, 1), (.safe, 401, .unauthorized, 1), (.safe, 409, .conflict, 1), (.safe, 410, .transient, 1),
    ])
    func lastingTroubleIsTold(kind: Repeatability, status: Int, error: DriverError.Kind, tries: Int) async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("make it", "POST", "/flaky/x/99/\(status)", repeatability: kind)
            let thrown = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            #expect(thrown?.kind == error)
            let expected = "Example answered \(status) to \"make it\": oops: try later (request req-\(tries))"
            #expect(thrown?.message == expected)
            let x = try await fixture.count("x")
            #expect(x == tries)
        }
    }

    @Test func aLostAnswerIsUnknownUnlessItMayBeRepeated() async throws {
        try await ProviderFixture.with { fixture in
            let once = ProviderCall("make it", "POST", "/lost/a/9", repeatability: .once)
            let unknown = await #expect(throws: DriverError.self) { try await fixture.client.send(once) }
            #expect(unknown?.kind == .timeout)
            let a = try await fixture.count("a")
            #expect(a == 1)
            let named = ProviderCall("make it", "POST", "/lost/b/1", repeatability: .idempotentByKey)
            #expect(try await fixture.client.json(named, as: Counted.self).count == 2)
            let never = ProviderCall("make it", "POST", "/lost/c/9", repeatability: .idempotentByKey)
            let still = await #expect(throws: DriverError.self) { try await fixture.client.send(never) }
            #expect(still?.kind == .timeout)
            let read = ProviderCall("look", "GET", "/lost/d/99", repeatability: .safe)
            let failed = await #expect(throws: DriverError.self) { try await fixture.client.send(read) }
            #expect(failed?.kind == .transient)
        }
    }

    /// What an earlier try may have done no later refusal undoes; and nobody follows a redirect.
    @Test(arguments: [
        ("504/429/429", Repeatability.idempotentByKey, DriverError.Kind.timeout), ("500/401", .idempotentByKey, .timeout),
        ("429/401", .idempotentByKey, .unauthorized), ("500/401", .safe, .unauthorized),
        ("308", .once, .transient), ("301", .safe, .transient),
    ])
    func whatMayHaveBeenDoneStaysUnknown(statuses: String, kind: Repeatability, error: DriverError.Kind) async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("make it", "POST", ProviderPath(stringLiteral: "/series/s/" + statuses), repeatability: kind)
            let thrown = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            #expect(thrown?.kind == error)
        }
    }

    /// libcurl sends an idempotent method again when a reused connection dies; not one that is told to go once.
    @Test func aDeleteThatGoesOnceIsNotSentTwiceUnderneath() async throws {
        try await ProviderFixture.with { fixture in
            // A connection that is reused.
            let before = try await fixture.count("e")
            #expect(before == 0)
            let call = ProviderCall("delete it", "DELETE", "/lost/e/9", repeatability: .once)
            let error = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            #expect(error?.kind == .timeout)
            let e = try await fixture.count("e")
            #expect(e == 1)
        }
    }

    @Test(arguments: [Repeatability.safe, .idempotentByKey, .once])
    func whatNeverLeftIsTransientAndTriedAgain(kind: Repeatability) async throws {
        try await ProviderFixture.with(baseURL: "http://127.0.0.1:1") { fixture in
            let call = ProviderCall("make it", "POST", "/x", repeatability: kind)
            let error = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            #expect(error?.kind == .transient)
            #expect(fixture.log.text.split(separator: "\n").count == 3)
        }
    }

    @Test func theDeadlineIsThatOfAllTries() async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("make it", "POST", "/slow/f/30", repeatability: .once, deadline: .milliseconds(200))
            let clock = ContinuousClock()
            let start = clock.now
            let error = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            #expect(error?.kind == .timeout)
            #expect(clock.now - start < .seconds(5))
            // An hour's pause is nobody's to wait for: the caller is told.
            let limited = ProviderCall("make it", "POST", "/flaky/g/9/429/3600", repeatability: .safe)
            let told = await #expect(throws: DriverError.self) { try await fixture.client.send(limited) }
            #expect(told?.kind == .rateLimited(after: 3601))
            let g = try await fixture.count("g")
            #expect(g == 1)
        }
    }

    @Test func aBrokenProviderIsNotHammered() async throws {
        try await ProviderFixture.with(budget: RetryBudget(capacity: 3)) { fixture in
            for _ in 0..<10 {
                let call = ProviderCall("look", "GET", "/flaky/h/999/503", repeatability: .safe)
                await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            }
            let h = try await fixture.count("h")
            #expect(h == 13)
        }
    }

    @Test func aStreamedBodyIsSentOnce() async throws {
        try await ProviderFixture.with { fixture in
            let upload = HTTPTransportUpload(length: 3) { try await $0(ByteBuffer(string: "abc")) }
            let body = ProviderCall.Body.stream(upload, type: "text/plain")
            let call = ProviderCall("write", "PUT", "/flaky/i/1/503", body: body, repeatability: .idempotentByKey)
            await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            let i = try await fixture.count("i")
            #expect(i == 1)
        }
    }

    @Test func aCancelledCallEndsAtOnce() async throws {
        try await ProviderFixture.with { fixture in
            let client = fixture.client
            let calling = Task {
                try await client.send(ProviderCall("look", "GET", "/slow/j/30", repeatability: .safe)).status
            }
            while try await fixture.count("j") == 0 { try await Task.sleep(for: .milliseconds(5)) }
            calling.cancel()
            await #expect(throws: DriverError.self) { _ = try await calling.value }
            let j = try await fixture.count("j")
            #expect(j == 1)
        }
    }
}
