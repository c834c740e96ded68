import Bus
import FoundationEssentials
import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store

/// The end that a provider sets to every box, met before it comes.
extension LeaseKeeper {
    /// How long before its end a box is drained: 5 minutes, or the last tenth of a shorter life.
    static func deadlineMargin(ofLifetime seconds: Int?) -> Double {
        min(300, Double(seconds ?? .max) / 10)
    }

    /// Drains a box whose end is near, and takes the sandbox up again when something ran in it.
    ///
    /// What ran is lost with it, and says so: no provider moves a running program to another box.
    ///
    /// - Returns: Whether it was due.
    func meetDeadline(of holding: Holding) async throws -> Bool {
        let boxes = try await store.boxes(of: holding.sandbox)
        guard let endsAt = boxes.first(where: { $0.id == holding.boxID })?.endsAt else { return false }
        let left = endsAt.timeIntervalSince1970 - Double(bus.clock.now) / 1000
        guard left <= Self.deadlineMargin(ofLifetime: driver.descriptor.hardDeadlineSeconds) else { return false }
        let wasBusy = holding.operations.activity.running > 0 || !holding.processes.open.isEmpty
        logger.notice(
            "box is near its end",
            metadata: .keyed([.sandbox: "\(holding.sandbox)", .epoch: "\(holding.epoch)"])
        )
        let done = try await drain(holding, intent: .pause, reason: "box_deadline")
        if wasBusy, done == .pause { _ = try await acquire(holding.sandbox, in: holding.workspace) }
        return true
    }

    /// A box that was started again has a new end.
    func recordRestart(of box: any Box, _ holding: Holding) async {
        guard let lifetime = box.lifetime(under: driver.descriptor) else { return }
        do {
            try await store.recordBox(
                holding.boxID,
                epoch: holding.epoch,
                externalID: box.envelope.boxId,
                state: .live,
                lifetime: lifetime,
                actor: identity.actor
            )
        } catch {
            // Its old end comes sooner, so nothing is missed.
            logger.warning(
                "end of a box not recorded",
                metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(error)"])
            )
        }
    }
}
