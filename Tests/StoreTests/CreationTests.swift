import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct CreationTests {
    private let hash = [UInt8](repeating: 1, count: 32)

    @Test func theSameKeyMakesOneSandboxHoweverManyAskAtOnce() async throws {
        try await StoreFixture.with { fixture in
            let key = IdempotencyKey(key: "k", bodyHash: hash)
            let outcomes = try await withThrowingTaskGroup(of: CreationOutcome.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await fixture.store.create(fixture.sandbox(), idempotency: key) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var created: Set<SandboxID> = []
            var named: Set<SandboxID> = []
            for outcome in outcomes {
                switch outcome {
                case .created(let record):
                    created.insert(record.id)
                    named.insert(record.id)
                case .repeated(let record):
                    named.insert(record.id)
                default:
                    Issue.record("unexpected outcome \(outcome)")
                }
            }
            #expect(created.count == 1)
            #expect(named == created)
            #expect(try await fixture.store.sandboxes(in: fixture.workspace, status: nil, after: nil, limit: 9).count == 1)
        }
    }

    @Test func theSameKeyWithAnotherBodyConflicts() async throws {
        try await StoreFixture.with { fixture in
            _ = try await fixture.store.create(fixture.sandbox(), idempotency: .init(key: "k", bodyHash: hash))
            let other = IdempotencyKey(key: "k", bodyHash: [UInt8](repeating: 2, count: 32))
            guard case .keyConflict = try await fixture.store.create(fixture.sandbox(), idempotency: other) else {
                Issue.record("no conflict")
                return
            }
        }
    }

    @Test func aTakenNameIsToldAndTakesNoKey() async throws {
        try await StoreFixture.with { fixture in
            let first = try await fixture.created(fixture.sandbox(name: "dev"))
            let key = IdempotencyKey(key: "k", bodyHash: hash)
            guard
                case .nameTaken(let holder) = try await fixture.store.create(
                    fixture.sandbox(name: "dev"),
                    idempotency: key
                )
            else {
                Issue.record("name not taken")
                return
            }
            #expect(holder.id == first.id)
            guard case .created = try await fixture.store.create(fixture.sandbox(name: "other"), idempotency: key) else {
                Issue.record("the key of a refused create was kept")
                return
            }
        }
    }

    @Test func anAbandonedCreationLeavesNothing() async throws {
        try await StoreFixture.with { fixture in
            let key = IdempotencyKey(key: "k", bodyHash: hash)
            let sandbox = fixture.sandbox()
            _ = try await fixture.store.create(sandbox, idempotency: key)
            #expect(try await fixture.store.abandonCreation(sandbox.id))
            guard case .created(let again) = try await fixture.store.create(fixture.sandbox(), idempotency: key) else {
                Issue.record("the key was kept")
                return
            }
            // Once somebody took the lease, it is not forgotten any more.
            let worker = try await fixture.worker("w")
            _ = try await fixture.lease(again.id, for: worker)
            #expect(try await !fixture.store.abandonCreation(again.id))
        }
    }

    @Test func environmentIsSealedAtRest() async throws {
        try await StoreFixture.with { fixture in
            let secret = "sk-very-secret-value"
            let record = try await fixture.created(fixture.sandbox(environment: ["TOKEN": secret]))
            let dump = try await fixture.postgres.sql("select s::text || coalesce(encode(env_sealed, 'escape'), '') from sandboxes s")
            #expect(dump.contains(record.id.rawValue))
            #expect(!dump.contains(secret))
            #expect(!dump.contains("TOKEN"))
            let worker = try await fixture.worker("w")
            #expect(try await fixture.lease(record.id, for: worker).environment == ["TOKEN": secret])
        }
    }

    @Test func anotherWorkspaceSeesNothing() async throws {
        try await StoreFixture.with { fixture in
            let record = try await fixture.created(fixture.sandbox())
            #expect(try await fixture.store.sandbox(record.id, in: .now()) == nil)
            #expect(try await fixture.store.intend(.delete, for: record.id, in: .now(), actor: "x") == nil)
        }
    }
}
