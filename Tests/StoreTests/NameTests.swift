import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct NameTests {
    @Test func ofManyWithOneNameOneIsMadeAndTheOthersAreToldOfIt() async throws {
        try await StoreFixture.with { fixture in
            let outcomes = try await withThrowingTaskGroup(of: CreationOutcome.self) { group in
                for index in 0..<12 {
                    let key = IdempotencyKey(key: "k\(index)", bodyHash: [UInt8](repeating: 1, count: 32))
                    group.addTask {
                        try await fixture.store.create(
                            fixture.sandbox(name: "dev"),
                            idempotency: index % 2 == 0 ? key : nil
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var created: [SandboxID] = []
            var told: Set<SandboxID> = []
            for outcome in outcomes {
                switch outcome {
                case .created(let record): created.append(record.id)
                case .nameTaken(let holder): told.insert(holder.id)
                default: Issue.record("unexpected outcome \(outcome)")
                }
            }
            #expect(created.count == 1)
            #expect(told == Set(created))
        }
    }

    @Test func whatFailedForGoodGivesItsNameBackAndStaysReadable() async throws {
        try await StoreFixture.with { fixture in
            let failed = try await fixture.created(fixture.sandbox(name: "dev"))
            let worker = try await fixture.worker("w")
            let epoch = try await fixture.lease(failed.id, for: worker).record.epoch
            let fault = Fault(.unsupported, "no such image")
            #expect(try await fixture.store.failCreation(failed.id, epoch: epoch, fault: fault, actor: "w"))
            let next = try await fixture.created(fixture.sandbox(name: "dev"))
            #expect(try await fixture.store.sandbox(named: "dev", in: fixture.workspace)?.id == next.id)
            let told = try await fixture.store.sandbox(failed.id, in: fixture.workspace)
            #expect(told?.status == .error)
            #expect(told?.errorMessage == "no such image")
            #expect(told?.name == "dev")
        }
    }

    @Test func aFailedCreationIsAnsweredAgainNotRetried() async throws {
        try await StoreFixture.with { fixture in
            let key = IdempotencyKey(key: "k", bodyHash: [UInt8](repeating: 1, count: 32))
            guard case .created(let failed) = try await fixture.store.create(fixture.sandbox(), idempotency: key) else {
                Issue.record("not created")
                return
            }
            let worker = try await fixture.worker("w")
            let epoch = try await fixture.lease(failed.id, for: worker).record.epoch
            _ = try await fixture.store.failCreation(failed.id, epoch: epoch, fault: Fault(.unsupported, "no"), actor: "w")
            guard case .repeated(let again) = try await fixture.store.create(fixture.sandbox(), idempotency: key) else {
                Issue.record("made another one")
                return
            }
            #expect(again.id == failed.id)
            #expect(again.status == .error)
        }
    }
}
