import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing
import VercelDriver

@Suite struct ResumptionTests {
    private static let agent = SandboxSpec(purpose: "agent")

    @Test func aSessionThatRunsIsTakenUp() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(again.envelope == box.envelope)
            #expect(try await fixture.emulator.requests().filter { $0.method == "POST" }.count == 1)
        }
    }

    @Test func aStoppedBoxGoesOnInAnotherSession() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            try await fixture.run("echo kept > file", in: session)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(again.envelope.boxId == box.envelope.boxId)
            let next = try #require(again.envelope.sessionState.providerState["sessionId"])
            #expect(next != session)
            try await fixture.run("grep -q kept file", in: next)
        }
    }

    @Test func oneThatIsBeingSavedIsWaitedFor() async throws {
        try await VercelFixture.with(delays: ["stop": 0.5, "snapshot": 0.5]) { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            // Answers at once, long before it has stopped.
            try await fixture.ask("POST", "/v2/sandboxes/sessions/\(session)/stop")
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(again.envelope.sessionState.providerState["sessionId"] != session)
        }
    }

    @Test func aDeletedBoxIsGone() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let name = try #require(box.envelope.boxId)
            try await fixture.emulator.inject(EmulatorFault(.reaped, "GET", "*/v2/sandboxes/\(name)"))
            #expect(await fixture.failure { try await $0.resume(fixture.resumption(of: box.envelope)) } == .gone)
        }
    }

    @Test func whatIsListedIsNotGone() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(purpose: "agent")))
            let name = try #require(box.envelope.boxId)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            try await fixture.emulator.inject(EmulatorFault(.status(404), "GET", "*/v2/sandboxes/\(name)", count: nil))
            #expect(await fixture.failure { try await $0.resume(fixture.resumption(of: box.envelope)) } == .transient)
            try await fixture.emulator.clearFaults()
            _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
        }
    }

    @Test func whatCannotGoOnFromAnythingIsGone() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            try await fixture.ask("POST", "/v2/sandboxes/sessions/\(session)/stop")
            try await eventually("it has stopped") {
                try await fixture.shown(box.envelope.boxId ?? "").session.status == "stopped"
            }
            #expect(await fixture.failure { try await $0.resume(fixture.resumption(of: box.envelope)) } == .gone)
        }
    }

    @Test func aSessionThatWasTakenAwayGoesOnFromTheLastSnapshot() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let second = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            let session = try #require(second.envelope.sessionState.providerState["sessionId"])
            try await fixture.emulator.inject(EmulatorFault(.reaped, "GET", "*/sessions/\(session)"))
            try await fixture.ask("GET", "/v2/sandboxes/sessions/\(session)")
            let third = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(third.envelope.sessionState.providerState["sessionId"] != session)
        }
    }

    @Test func anotherAccountSaysNothing() async throws {
        try await VercelFixture.with { fixture in
            var envelope = try await fixture.driver.create(fixture.creation()).envelope
            envelope.sessionState.providerState["account"] = "team_other/prj_emulated"
            let count = try await fixture.emulator.requests().count
            #expect(await fixture.failure { try await $0.resume(fixture.resumption(of: envelope)) } == .unauthorized)
            #expect(await fixture.failure { try await $0.stop(envelope, epoch: 2) } == .unauthorized)
            #expect(await fixture.failure { try await $0.delete(envelope, epoch: 2) } == .unauthorized)
            #expect(try await fixture.emulator.requests().count == count)
        }
    }

    @Test func aProjectThatIsNotShownIsNoProof() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            // The same 404 as of a sandbox that is gone, by the project that this account does not see any more.
            try await withEmulator("vercel", ["--project", "prj_other", "--team", VercelFixture.team]) { other in
                let stranger = try await VercelFixture(other)
                var envelope = box.envelope
                envelope.sessionState.providerState["account"] = stranger.driver.binding.account
                let error = await stranger.failure { try await $0.resume(stranger.resumption(of: envelope)) }
                #expect(error == .unauthorized)
                await stranger.driver.shutdown()
            }
        }
    }

    @Test(arguments: [
        (EmulatorFault.Kind.unauthorized, DriverError.Kind.unauthorized), (.status(403), .unauthorized),
        (.status(404), .transient), (.status(410), .transient), (.status(418), .transient),
    ])
    func nothingElseIsGone(kind: EmulatorFault.Kind, meaning: DriverError.Kind) async throws {
        try await VercelFixture.with(patience: .seconds(1)) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let name = try #require(box.envelope.boxId)
            try await fixture.emulator.inject(EmulatorFault(kind, "GET", "*/v2/sandboxes/\(name)", count: nil))
            let error = await fixture.failure { try await $0.resume(fixture.resumption(of: box.envelope)) }
            #expect(error == meaning || error == .timeout && meaning == .transient)
        }
    }
}

extension VercelFixture {
    /// As what a call fails; nil when it does not.
    func failure<Value>(_ body: (VercelDriver) async throws -> Value) async -> DriverError.Kind? {
        do {
            _ = try await body(driver)
            return nil
        } catch {
            return (error as? DriverError)?.kind
        }
    }
}
