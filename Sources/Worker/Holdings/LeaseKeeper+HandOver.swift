import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store

/// What a worker does with its boxes when it is told to stop.
package enum ShutdownManner: String, Sendable, CaseIterable {
    /// They live on, with all that runs in them, for the next worker of their host.
    case release
    /// They are saved and stopped, whoever comes next.
    case drain
}

extension LeaseKeeper {
    /// Gives everything back in order, before the process ends.
    func handOver(_ manner: ShutdownManner, grace: Duration) async {
        await takeNoMore()
        await withTaskGroup(of: Void.self) { group in
            var rest = holdings.all[...]
            for _ in 0..<16 {
                if let holding = rest.popFirst() { group.addTask { await self.handOver(holding, manner, grace) } }
            }
            while await group.next() != nil {
                if let holding = rest.popFirst() { group.addTask { await self.handOver(holding, manner, grace) } }
            }
        }
    }

    private func handOver(_ holding: Holding, _ manner: ShutdownManner, _ grace: Duration) async {
        _ = holding.operations.close()
        await holding.operations.drain(within: .init(reads: grace, changes: grace), telling: .draining)
        do {
            switch manner {
            // On a user's machine there is nothing to save, and what runs there need not end.
            case .drain where !driver.descriptor.isUsersMachine:
                _ = try await drain(holding, intent: .pause, reason: "shutdown")
            case .release, .drain:
                try await giveBack(holding, reason: "shutdown")
            }
        } catch {
            logger.warning(
                "sandbox not handed over",
                metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(Fault.describing(error))"])
            )
            await drop(holding)
        }
    }

    /// Gives the lease back while the box lives on, with all that runs in it.
    func giveBack(_ holding: Holding, reason: String) async throws {
        // What is not stored stays in the box, for the next owner.
        await holding.processes.stop(within: Self.startPatience)
        // Released in the database first: who finds nobody listening can acquire at once (rule 6).
        do {
            try await release(holding.sandbox, epoch: holding.epoch, reason: reason)
        } catch {
            // It serves no more all the same; whoever asks for it has it acquired anew.
            await drop(holding)
            throw error
        }
        await drop(holding)
    }
}
