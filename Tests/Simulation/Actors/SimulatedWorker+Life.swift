import FoundationEssentials
import Model
import Ownership
import ProviderKit

/// Its heartbeat, its end, and its part in the sweep.
extension SimulatedWorker {
    /// Lives until it is killed or finds itself fenced; then its successor starts.
    func run() async {
        guard (try? await store.run { [id] in $0.workers[id] = Heartbeat(registeredAt: $0.simulator.date) }) != nil,
            // Perhaps the row is there without our knowing; a heartbeat tells.
            true
        else { return await retry() }
        while true {
            let sent = simulator.now
            do {
                guard try await renew() else { break }
                // After a gap others may have taken over: look before acting.
                if vitality.mayHaveLapsed() { try await verify() }
                vitality.confirm(sentAt: simulator.continuousNow - .milliseconds(simulator.now - sent))
            } catch CallFailure.killed {
                return
            } catch {
                simulator.note(name, "heartbeat not confirmed")
            }
            guard await simulator.sleep(process, 2000) else { return }
        }
        guard !process.isDead else { return }
        simulator.note(name, "finds itself fenced")
        vitality.end()
        fleet.kill(self)
    }

    private func renew() async throws -> Bool {
        let held: @Sendable () -> Int = { [self] in Int(max(0, heartbeatsHeldUntil - simulator.now)) }
        return try await store.run(by: fleet.store.heartbeats, held: held) { [id] in $0.heartbeat(id) }
    }

    private func retry() async {
        guard await simulator.sleep(process, 500) else { return }
        await run()
    }

    private func verify() async throws {
        let mine = try await store.run { [id] store in
            Dictionary(
                uniqueKeysWithValues: store.sandboxes.compactMap { sandbox in
                    store.lease(sandbox).flatMap { $0.owner == id ? (sandbox, $0.epoch) : nil }
                }
            )
        }
        for sandbox in fleet.store.sandboxes {
            if let holding = holdings[sandbox], mine[sandbox] != holding.epoch { drop(holding) }
        }
    }

    /// Looks at all boxes that the provider lists, and deletes those that every proof allows to.
    func sweep() async {
        guard isAlive, let listings = try? await driver.list() else { return }
        for listing in listings {
            guard let verdict = await judge(listing) else { continue }
            if verdict.action == .delete {
                await delete(listing, verdict)
            } else if verdict.reason == .leaseFree, let sandbox = listing.tag?.sandbox {
                await deleteUnderLease(listing, of: sandbox)
            }
        }
    }

    private func judge(_ listing: BoxListing) async -> SweepVerdict? {
        guard isAlive else { return nil }
        // Without an answer nothing is judged.
        let found = try? await store.run { store -> [(BoxRecord, SandboxRecord)] in
            guard let tag = listing.tag, let box = store.box(tag.box), let record = store.record(box.sandbox) else {
                return []
            }
            return [(box.record, record)]
        }
        guard let found else { return nil }
        var evidence = SweepEvidence(
            listing: listing,
            fleet: fleet.id,
            binding: driver.binding,
            box: found.first?.0,
            sandbox: found.first?.1,
            sweeper: id
        )
        fleet.weaken(&evidence)
        return Sweep.judge(evidence)
    }

    private func delete(_ listing: BoxListing, _ verdict: SweepVerdict) async {
        guard let tag = listing.tag, isAlive else { return }
        // The last look, right before (rule 4).
        let held = try? await store.run { store in
            store.lease(tag.sandbox).flatMap { $0.isTerminated || $0.owner != nil ? $0.epoch : nil }
        }
        guard isAlive, let epoch = held ?? (fleet.mutation == nil ? nil : tag.epoch) else { return }
        simulator.note(name, "sweeps \(listing.externalID): \(verdict.reason.rawValue)")
        _ = try? await driver.delete(listing.externalID, epoch: epoch, by: "sweep of \(name)")
    }

    /// Nobody has the sandbox: its lease is taken for as long as it needs.
    private func deleteUnderLease(_ listing: BoxListing, of sandbox: SandboxID) async {
        let acquisition = try? await store.acquire(
            sandbox,
            in: fleet.store.workspace,
            for: id,
            placement: driver.binding.placement
        )
        guard case .acquired(let leased)? = acquisition else { return }
        if let verdict = await judge(listing), verdict.action == .delete { await delete(listing, verdict) }
        _ = try? await store.release(sandbox, epoch: leased.record.epoch, actor: name, reason: "swept")
    }

    func discardArchives(_ archives: [ArchiveRecord]) async {
        for archive in archives where isAlive {
            guard (try? await driver.discard(archive.id)) != nil else { continue }
            _ = try? await store.run { $0.settleArchive(archive.id) }
        }
    }
}
