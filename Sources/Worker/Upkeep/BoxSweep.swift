import Bus
import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store
import Wire

/// Looks at every box that a provider lists, and deletes what is proven to be nobody's (rule 10).
struct BoxSweep: Sendable {
    /// How many boxes are judged with one read.
    private static let batch = 200

    let keeper: LeaseKeeper
    let isDryRun: Bool
    let limit: Int

    /// What became of one box.
    private struct Outcome {
        var verdict: SweepVerdict
        var isDeleted = false
    }

    init(keeper: LeaseKeeper, request: WireSweepBoxes) {
        self.keeper = keeper
        isDryRun = request.dryRun
        limit = min(Int(request.limit), Sweep.limit)
    }

    func run() async throws -> WireSweepReport {
        let listings = try await keeper.driver.list()
        var report = WireSweepReport()
        var attempts = 0
        for start in stride(from: 0, to: listings.count, by: Self.batch) {
            let batch = listings[start..<min(start + Self.batch, listings.count)]
            let rows = try await keeper.store.sweptBoxes(batch.compactMap(\.tag?.box))
            for listing in batch {
                let evidence = try await evidence(of: listing, listing.tag.flatMap { rows[$0.box] })
                var outcome = Outcome(verdict: Sweep.judge(evidence))
                // With the lease, that nobody has, it would be another verdict.
                if outcome.verdict.reason == .leaseFree { outcome.verdict = Sweep.judge(evidence.ownedBySweeper) }
                if outcome.verdict.action == .delete, !isDryRun, attempts < limit {
                    attempts += 1
                    outcome = await settle(listing, evidence, outcome)
                }
                report.boxes.append(.init(listing, evidence, outcome.verdict, isDeleted: outcome.isDeleted))
            }
        }
        return report
    }

    /// Deletes one box; a failure leaves it to the next pass.
    private func settle(_ listing: BoxListing, _ evidence: SweepEvidence, _ outcome: Outcome) async -> Outcome {
        do {
            guard let sandbox = evidence.sandbox, let box = evidence.box else { return outcome }
            if sandbox.leaseState == .terminated || sandbox.owner == keeper.identity.id {
                return try await delete(listing, box.id)
            }
            return try await withLease(of: sandbox, outcome) { try await delete(listing, box.id) }
        } catch {
            keeper.logger.warning(
                "box not swept",
                metadata: .keyed([.box: "\(listing.externalID)", .error: "\(Fault.describing(error))"])
            )
            return outcome
        }
    }

    /// Takes the lease that nobody has, and gives it back.
    private func withLease(
        of sandbox: SandboxRecord,
        _ outcome: Outcome,
        _ body: () async throws -> Outcome
    ) async throws -> Outcome {
        guard keeper.vitality.isAlive() else { throw NoAnswer() }
        let acquisition = try await keeper.store.acquire(
            sandbox.id,
            in: sandbox.workspace,
            for: keeper.identity.id,
            placement: keeper.driver.binding.placement
        )
        guard case .acquired(let leased) = acquisition else {
            // Somebody was quicker: it is theirs to settle.
            return Outcome(verdict: SweepVerdict(.leaseElsewhere))
        }
        let result: Result<Outcome, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await keeper.release(leased.record.id, epoch: leased.record.epoch, reason: "sweep")
        return try result.get()
    }

    /// Judges once more by what the rows say now, and deletes (rule 4).
    private func delete(_ listing: BoxListing, _ box: BoxID) async throws -> Outcome {
        let evidence = try await evidence(of: listing, try await keeper.store.sweptBoxes([box])[box])
        let verdict = Sweep.judge(evidence)
        guard verdict.action == .delete, let sandbox = evidence.sandbox, evidence.box != nil else {
            return Outcome(verdict: verdict)
        }
        // The row is of this worker's account and host; of the rest of the binding it does not tell.
        var state = evidence.binding.state
        state["boxId"] = listing.externalID
        let envelope = Envelope(
            backendId: sandbox.provider,
            sessionState: .init(providerState: state, workspaceReady: false)
        )
        try await keeper.driver.delete(envelope, epoch: sandbox.epoch)
        try await keeper.store.recordSwept(
            box,
            externalID: listing.externalID,
            reason: verdict.reason.rawValue,
            actor: keeper.identity.actor
        )
        keeper.logger.notice(
            "box swept",
            metadata: .keyed([
                .sandbox: "\(sandbox.id)", .box: "\(listing.externalID)", .reason: "\(verdict.reason.rawValue)",
            ])
        )
        return Outcome(verdict: verdict, isDeleted: true)
    }

    private func evidence(of listing: BoxListing, _ rows: Store.SweptBox?) async throws -> SweepEvidence {
        var binding = keeper.driver.binding
        if let account = listing.account, account != binding.account {
            if let own = try await keeper.driver.binding(ofAccount: account) {
                binding = own
            } else {
                // Its credentials have been taken away since it was listed: the driver will not delete it either.
                binding.account = account
            }
        }
        return SweepEvidence(
            listing: listing,
            fleet: keeper.identity.fleet,
            binding: binding,
            box: rows?.box,
            sandbox: rows?.sandbox,
            sweeper: keeper.identity.id
        )
    }
}

extension SweepEvidence {
    /// As if this worker had taken the lease.
    fileprivate var ownedBySweeper: SweepEvidence {
        var evidence = self
        evidence.sandbox?.owner = sweeper
        return evidence
    }
}

extension WireSweptBox {
    fileprivate init(_ listing: BoxListing, _ evidence: SweepEvidence, _ verdict: SweepVerdict, isDeleted: Bool) {
        self.init()
        externalID = listing.externalID
        sandboxID = (evidence.sandbox?.id ?? listing.tag?.sandbox)?.rawValue ?? ""
        boxID = listing.tag?.box.rawValue ?? ""
        epoch = listing.tag?.epoch ?? 0
        self.verdict =
            switch verdict.action {
            case .keep: .keep
            case .report: .report
            case .delete: .delete
            }
        reason = verdict.reason.rawValue
        deleted = isDeleted
    }
}
