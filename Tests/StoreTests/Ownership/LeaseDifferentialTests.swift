import FoundationEssentials
import Model
import PostgresClient
import Store
import Testing

/// The pure lease and the statements that move the row are one state machine: the same random events lead both to the same
/// state, owner, epoch, envelope and refusals.
struct LeaseDifferentialTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func rowAndValueAgree(_ seed: UInt64) async throws {
        try await StoreFixture.with { fixture in
            var run = try await DifferentialRun(seed: seed, fixture)
            for step in 0..<150 {
                let event = try await run.step()
                let difference = try await run.difference()
                guard difference == nil else {
                    Issue.record("seed \(seed), step \(step), \(event): \(difference ?? "")")
                    return
                }
            }
        }
    }
}

/// One sandbox, moved in the database and in memory.
private struct DifferentialRun {
    private let fixture: StoreFixture
    private var random: Linear
    private var sandbox: SandboxID
    private var lease: Lease
    private let workers: [WorkerID]
    private var hearts: [WorkerID: Heartbeat] = [:]
    private let placements: [String?] = ["here", "here", "there"]

    init(seed: UInt64, _ fixture: StoreFixture) async throws {
        self.fixture = fixture
        random = Linear(state: seed)
        sandbox = try await fixture.created(fixture.sandbox()).id
        lease = Lease(persistent: true)
        var workers: [WorkerID] = []
        for index in 0..<3 { workers.append(try await fixture.worker("w\(index)", steady: false)) }
        self.workers = workers
        for worker in workers { try await beat(worker) }
    }

    /// Does one thing to both.
    mutating func step() async throws -> String {
        if lease.isTerminated || random.below(40) == 0 {
            sandbox = try await fixture.created(fixture.sandbox()).id
            lease = Lease(persistent: true)
            return "another sandbox"
        }
        // Often the epoch that is, sometimes one that was.
        let epoch = lease.epoch == 0 ? 1 : lease.epoch - UInt64(random.below(4) == 0 ? 1 : 0)
        switch random.below(10) {
        case 0..<3: return try await acquire()
        case 3: return try await beatOrLapse()
        case 4..<6: return try await warm(max(1, epoch))
        case 6: return try await drain(max(1, epoch))
        case 7: return try await settle(max(1, epoch))
        case 8: return try await letGo(max(1, epoch))
        default: return try await intend()
        }
    }

    /// How they differ; nil when they do not.
    func difference() async throws -> String? {
        let rows = try await fixture.pool.query(
            """
            select lease_state, epoch, owner, intent, status, account, placement,
                envelope #>> '{sessionState,providerState,boxId}' as box, draining_box
            from sandboxes where id = $1
            """,
            [sandbox.rawValue]
        )
        guard let row = rows.first else { return "no row" }
        let stored = [
            try row.get("lease_state", as: String.self), String(try row.get("epoch", as: Int64.self)),
            try row.get("owner", as: String?.self) ?? "-", try row.get("intent", as: String.self),
            try row.get("status", as: String.self), try row.get("account", as: String?.self) ?? "-",
            try row.get("placement", as: String?.self) ?? "-", try row.get("box", as: String?.self) ?? "-",
            try row.get("draining_box", as: String?.self) ?? "-",
        ]
        let value = [
            lease.state.rawValue, String(lease.epoch), lease.owner?.rawValue ?? "-", lease.intent.rawValue,
            lease.status.rawValue, lease.account ?? "-", lease.placement ?? "-", lease.envelope?.boxId ?? "-",
            lease.drainingBox ?? "-",
        ]
        return stored == value ? nil : "the row is \(stored), the value \(value)"
    }

    private mutating func acquire() async throws -> String {
        let index = random.below(workers.count)
        let worker = workers[index]
        let heart = try #require(hearts[worker])
        let rival = lease.owner.flatMap { hearts[$0] }
        // Now and then it has the lease already, and knows its epoch, or one that is over.
        let retaking: UInt64? = [nil, lease.epoch, lease.epoch + 1][random.below(3)]
        let acquisition = try await fixture.store.acquire(
            sandbox,
            in: fixture.workspace,
            for: worker,
            placement: placements[index],
            retaking: retaking
        )
        var refusal: LeaseRefusal?
        do throws(LeaseRefusal) {
            try lease.acquire(
                for: worker,
                heartbeat: heart,
                at: placements[index],
                rival: rival,
                retaking: retaking,
                now: Date()
            )
        } catch {
            refusal = error
        }
        let agree =
            switch (acquisition, refusal) {
            case (.acquired, nil), (.notFound, .terminated), (.notLive, .notLive): true
            case (.elsewhere(let stored), .elsewhere(let told)): stored == told
            case (.owned(let by, let epoch), .owned(let owner, let told)): by == owner && epoch == told
            default: false
            }
        #expect(agree, "\(acquisition) is not \(refusal.map { "\($0)" } ?? "acquired")")
        return "acquire by \(index)"
    }

    /// A heartbeat that comes, one that is over, or a worker that has just begun to be steady.
    private mutating func beatOrLapse() async throws -> String {
        let worker = workers[random.below(workers.count)]
        switch random.below(3) {
        case 0: try await beat(worker)
        case 1:
            try await fixture.expireHeartbeat(of: worker)
            hearts[worker]?.validUntil = Date().addingTimeInterval(-1)
        default:
            _ = try await fixture.pool.query(
                "update workers set steady_since = now() - interval '1 minute' where id = $1",
                [worker.rawValue]
            )
            hearts[worker]?.steadySince = Date().addingTimeInterval(-60)
        }
        return "heartbeat"
    }

    private mutating func beat(_ worker: WorkerID) async throws {
        let now = Date()
        #expect(try await fixture.store.heartbeat(worker) != nil)
        if hearts[worker] == nil { hearts[worker] = Heartbeat(registeredAt: now) }
        _ = hearts[worker]?.renew(at: now)
        // The two clocks are read at different moments: nothing may depend on a time that comes while the test runs.
        let isSteady = hearts[worker]?.mayJudge(at: now) ?? false
        _ = try await fixture.pool.query(
            """
            update workers set valid_until = now() + interval '1 hour',
                steady_since = case when $2 then steady_since else now() + interval '1 hour' end
            where id = $1
            """,
            [worker.rawValue, isSteady]
        )
        hearts[worker]?.validUntil = now.addingTimeInterval(3600)
        if !isSteady { hearts[worker]?.steadySince = now.addingTimeInterval(3600) }
    }

    private mutating func warm(_ epoch: UInt64) async throws -> String {
        let envelope = Envelope(
            backendId: "local",
            sessionState: .init(providerState: ["boxId": "box-\(epoch)"], workspaceReady: true)
        )
        let stored = try await fixture.warm(sandbox, epoch: epoch) != nil
        compare(stored, "becomeWarm") {
            try $0.becomeWarm(epoch: epoch, envelope: envelope, account: "host", placement: "here")
        }
        return "warm under \(epoch)"
    }

    private mutating func drain(_ epoch: UInt64) async throws -> String {
        let intent: Intent = [.pause, .stop][random.below(2)]
        let stored = try await fixture.store.beginDraining(
            sandbox,
            epoch: epoch,
            intent: intent,
            reason: nil,
            actor: "test"
        )
        compare(stored != nil, "beginDraining") { try $0.beginDraining(epoch: epoch, intent: intent) }
        return "drain under \(epoch) to \(intent)"
    }

    private mutating func settle(_ epoch: UInt64) async throws -> String {
        let done: Intent = [.pause, .pause, .stop, .delete][random.below(4)]
        let keepsBox = done != .delete && random.below(2) == 0
        let stored = try await fixture.store.settle(sandbox, epoch: epoch, as: done, keepsBox: keepsBox, actor: "test")
        compare(stored, "settle") { try $0.settle(epoch: epoch, as: done, keepsBox: keepsBox) }
        return "settle under \(epoch) as \(done)"
    }

    private mutating func letGo(_ epoch: UInt64) async throws -> String {
        if random.below(4) == 0 {
            let fault = Fault(.internal, "It cannot be made.")
            let stored = try await fixture.store.failCreation(sandbox, epoch: epoch, fault: fault, actor: "test")
            compare(stored, "failCreation") { try $0.failCreation(epoch: epoch) }
            return "fail under \(epoch)"
        }
        let stored = try await fixture.store.release(sandbox, epoch: epoch, actor: "test", reason: "test")
        compare(stored, "release") { try $0.release(epoch: epoch) }
        return "release under \(epoch)"
    }

    private mutating func intend() async throws -> String {
        if random.below(3) == 0 {
            let stored = try await fixture.store.settleWithoutBox(sandbox, actor: "test")
            compare(stored, "settleWithoutBox") { try $0.settleWithoutBox([]) }
            return "settle without a box"
        }
        let intent: Intent = [.run, .run, .pause, .stop, .stop, .delete][random.below(6)]
        let stored = try await fixture.store.intend(intent, for: sandbox, in: fixture.workspace, actor: "test")
        compare(stored != nil, "intend") { try $0.intend(intent) }
        return "intend \(intent)"
    }

    private mutating func compare(_ stored: Bool, _ what: String, _ event: (inout Lease) throws -> Void) {
        var isMoved = true
        do { try event(&lease) } catch { isMoved = false }
        #expect(stored == isMoved, "\(what): the row \(stored ? "moved" : "stayed"), the value did not agree")
    }
}

/// A generator that a seed determines.
private struct Linear {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}
