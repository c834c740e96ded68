import FleetTesting
import Model
import ProviderKit
import Testing
import VercelDriver

@Suite struct CreationTests {
    @Test func anOrdinarySandboxIsEphemeral() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let name = creation.tag.box.rawValue
            #expect(box.envelope.boxId == name)
            let shown = try await fixture.shown(name).sandbox
            #expect(shown.vcpus == 1)
            #expect(shown.timeout == 300_000)
            #expect(!shown.persistent)
            #expect(shown.status == "running")
            #expect(shown.networkPolicy == ["mode": "deny-all"])
            #expect(shown.tags["fleet"] == fixture.fleet.rawValue)
            #expect(shown.tags["sandbox"] == "\(fixture.sandbox).1")
            #expect(shown.tags["cwd"] == "/workspace")
        }
    }

    @Test(arguments: ["Codex on the web shop", "an AGENT's desk"])
    func anAgentsSandboxKeepsItsFiles(purpose: String) async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(SandboxSpec(image: "python3.13", networkPolicy: .full, purpose: purpose))
            _ = try await fixture.driver.create(creation)
            let shown = try await fixture.shown(creation.tag.box.rawValue).sandbox
            #expect(shown.vcpus == 2)
            #expect(shown.timeout == 1_200_000)
            #expect(shown.persistent)
            #expect(shown.snapshotExpiration == 604_800_000)
            #expect(shown.networkPolicy == ["mode": "allow-all"])
            #expect(shown.image == "python3.13")
            #expect(shown.tags.count <= 5)
            #expect(shown.tags["scope"]?.contains(" ") == false)
        }
    }

    @Test func variablesWinOverTheProfile() async throws {
        let environment = [
            "SANDBOX_VERCEL_PROFILE": "coding-agent", "SANDBOX_VERCEL_VCPUS": "4", "SANDBOX_VERCEL_TIMEOUT_MS": "90000",
            "SANDBOX_VERCEL_PERSISTENT": "false", "SANDBOX_VERCEL_NAME": "billing",
        ]
        try await VercelFixture.with(environment: environment) { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            let shown = try await fixture.shown(creation.tag.box.rawValue).sandbox
            #expect(shown.vcpus == 4)
            #expect(shown.timeout == 90_000)
            #expect(!shown.persistent)
            #expect(shown.snapshotExpiration == 604_800_000)
            #expect(shown.tags["scope"] == "billing")
        }
    }

    @Test func portsAreReachedFromOutside() async throws {
        try await VercelFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation(SandboxSpec(ports: [3000, 8080])))
            #expect(box.envelope.sessionState.exposedPorts == [3000, 8080])
            let url = box.envelope.sessionState.providerState["url.3000"]
            #expect(url?.hasPrefix("http://sb-") == true)
        }
    }

    @Test func aBoxIsWaitedForUntilItRuns() async throws {
        try await VercelFixture.with(delays: ["start": 0.5]) { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            #expect(try await fixture.shown(creation.tag.box.rawValue).session.status == "running")
        }
    }

    @Test func anAnswerThatIsLostLeadsToTheSameBox() async throws {
        try await VercelFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "*/v3/sandboxes"))
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            #expect(box.envelope.boxId == creation.tag.box.rawValue)
            #expect(try await fixture.driver.list().count == 1)
            // The one after it takes the same up again.
            let again = try await fixture.driver.create(creation)
            #expect(again.envelope == box.envelope)
            #expect(try await fixture.driver.list().map(\.tag) == [creation.tag])
        }
    }

    @Test func nobodyKnowsWhatAnAnswerWouldHaveSaid() async throws {
        try await VercelFixture.with { fixture in
            let path = "*/v3/sandboxes"
            try await fixture.emulator.inject(EmulatorFault(.refused, "POST", path, count: nil))
            let creation = fixture.creation()
            let error = await #expect(throws: DriverError.self) { try await fixture.driver.create(creation) }
            #expect(error?.kind == .timeout)
            try await fixture.emulator.clearFaults()
            // Under the same name: it is made once, whenever that was.
            _ = try await fixture.driver.create(creation)
            #expect(try await fixture.driver.list().count == 1)
        }
    }

    @Test(arguments: [EmulatorFault.Kind.rateLimited(retryAfter: 1), .status(500), .status(503)])
    func whatPassesIsTriedAgain(kind: EmulatorFault.Kind) async throws {
        try await VercelFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(kind, "POST", "*/v3/sandboxes"))
            _ = try await fixture.driver.create(fixture.creation())
            #expect(try await fixture.driver.list().count == 1)
            #expect(try await fixture.emulator.count("POST", "/v3/sandboxes") == 2)
        }
    }

    @Test func aLimitThatStaysIsToldWithItsTime() async throws {
        try await VercelFixture.with { fixture in
            let fault = EmulatorFault(.rateLimited(retryAfter: 3600), "POST", "*/v3/sandboxes", count: nil)
            try await fixture.emulator.inject(fault)
            let error = await #expect(throws: DriverError.self) {
                try await fixture.driver.create(fixture.creation())
            }
            #expect(error?.kind == .rateLimited(after: 3601))
            #expect(try await fixture.emulator.count("POST", "/v3/sandboxes") == 1)
        }
    }

    @Test func aNameThatIsSomebodyElsesIsNotTaken() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation()
            let stranger = try await VercelFixture(fixture.emulator)
            _ = try await stranger.driver.create(
                BoxCreation(
                    tag: BoxTag(fleet: stranger.fleet, sandbox: .random(), box: creation.tag.box, epoch: 1),
                    spec: SandboxSpec(),
                    environment: [:]
                )
            )
            let error = await #expect(throws: DriverError.self) { try await fixture.driver.create(creation) }
            #expect(error?.kind == .conflict)
            await stranger.driver.shutdown()
        }
    }

    @Test func anEarlierTryWhoseSessionIsOverIsMadeAgain() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            try await fixture.ask("POST", "/v2/sandboxes/sessions/\(session)/stop")
            let again = try await fixture.driver.create(creation)
            #expect(again.envelope.boxId == box.envelope.boxId)
            #expect(try await fixture.shown(creation.tag.box.rawValue).session.status == "running")
        }
    }

    @Test(arguments: [
        (Resources(vcpus: 0.5), DriverError.Kind.invalid), (Resources(memoryMb: 512), .unsupported),
        (Resources(diskMb: 512), .unsupported),
    ])
    func whatVercelCannotDoIsRefusedBeforeItIsAsked(resources: Resources, kind: DriverError.Kind) async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(SandboxSpec(resources: resources))
            #expect(await fixture.failure { try await $0.create(creation) } == kind)
            let requests = try await fixture.emulator.requests()
            #expect(requests.isEmpty)
        }
    }
}
