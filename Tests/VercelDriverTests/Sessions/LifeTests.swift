import BoxSession
import FleetTesting
import Model
import ProviderKit
import Testing

@testable import VercelDriver

@Suite struct LifeTests {
    private let now = ContinuousClock.now
    private let wall: Int64 = 1_700_000_000_000

    private func document(timeout: Int64, startedAgo: Int64) -> SessionDocument {
        SessionDocument(id: "s", status: "running", timeout: timeout, startedAt: wall - startedAgo)
    }

    private func newLife(_ document: SessionDocument, longest: Duration = .seconds(3600)) -> SessionLife? {
        SessionLife(document, span: .seconds(300), longest: longest, now: now, wall: wall)
    }

    @Test func itIsExtendedWhenHalfOfItIsOver() throws {
        let life = try #require(newLife(document(timeout: 300_000, startedAgo: 0)))
        #expect(life.pause(now: now) == .seconds(150))
        #expect(life.due(now: now + .seconds(150)) == .seconds(150))
    }

    @Test func oneThatWasTakenUpLateIsExtendedSooner() throws {
        let life = try #require(newLife(document(timeout: 300_000, startedAgo: 280_000)))
        #expect(life.pause(now: now) == .seconds(10))
        #expect(life.due(now: now + .seconds(10)) == .seconds(290))
    }

    @Test func itEndsWhenTheAccountSaysSo() throws {
        var life = try #require(newLife(document(timeout: 300_000, startedAgo: 0), longest: .seconds(400)))
        #expect(life.due(now: now + .seconds(250)) == .seconds(100))
        life.learn(document(timeout: 400_000, startedAgo: 0), now: now, wall: wall)
        #expect(life.pause(now: now) == nil)
    }

    @Test func aClockThatIsWrongNeitherHurriesNorForgets() throws {
        // By our clock it is long over, and yet it runs.
        var life = try #require(newLife(document(timeout: 300_000, startedAgo: 900_000)))
        #expect(life.pause(now: now) == .milliseconds(50))
        #expect(life.due(now: now) == .seconds(300))
        life.learn(
            document(timeout: 600_000, startedAgo: 900_000),
            addition: .seconds(300),
            now: now,
            wall: wall
        )
        #expect(life.pause(now: now) == .seconds(150))
        // By our clock it has not begun yet: it lives no longer than it may.
        let early = try #require(newLife(document(timeout: 300_000, startedAgo: -900_000)))
        #expect(early.pause(now: now) == .seconds(150))
    }

    @Test func aRefusalIsTriedAgainSooner() throws {
        var life = try #require(newLife(document(timeout: 300_000, startedAgo: 0)))
        life.hesitate()
        #expect(life.pause(now: now) == .seconds(75))
    }

    @Test func itsEndIsCountedFromItsStart() {
        let session = document(timeout: 300_000, startedAgo: 280_000)
        #expect(session.latestEnd(longest: .seconds(600), now: now, wall: wall) == now + .seconds(320))
        // Longer than we thought that it may live.
        #expect(session.latestEnd(longest: .seconds(60), now: now, wall: wall) == now + .seconds(20))
        let early = document(timeout: 300_000, startedAgo: -900_000)
        #expect(early.latestEnd(longest: .seconds(600), now: now, wall: wall) == now + .seconds(600))
        let silent = SessionDocument(id: "s", status: "running", timeout: nil, startedAt: nil)
        #expect(silent.latestEnd(longest: .seconds(600), now: now, wall: wall) == nil)
    }

    @Test func aBoxEndsWithItsSessionWheneverItsDaemonWasStarted() async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await VercelFixture.with(opener: try DaemonOpener(program)) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let end = try #require(box.endsAt)
            _ = try? await box.text("kill -9 $PPID")
            await box.waitUntilClosed()
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(again.isFresh)
            let difference = try #require(again.endsAt).duration(to: end)
            #expect(abs(difference.components.seconds) < 1)
            await again.detach()
        }
    }

    @Test func aSessionLivesForAsLongAsSomebodyHoldsItsBox() async throws {
        try await VercelFixture.with(environment: ["SANDBOX_VERCEL_TIMEOUT_MS": "20000"]) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await eventually("it was extended", within: .seconds(60)) {
                try await fixture.emulator.count("POST", "/extend-timeout") >= 1
            }
            let shown = try await fixture.shown(box.envelope.boxId ?? "")
            #expect(shown.session.timeout > 20_000)
            await box.detach()
            // Nobody holds it: it ends by itself.
            try await fixture.emulator.advance(seconds: 60)
            try await eventually("it has ended", within: .seconds(60)) {
                try await fixture.shown(box.envelope.boxId ?? "").session.status == "stopped"
            }
        }
    }
}
