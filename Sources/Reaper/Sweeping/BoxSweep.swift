import Bus
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Has a worker of each provider and host look at all boxes there, and delete those that are proven to be nobody's
/// (rule 10).
///
/// The row of a sweep is claimed, so that of several reapers one asks.
struct BoxSweep: Duty {
    package enum Mode: String, CaseIterable, Sendable {
        case on
        /// What would be deleted is reported only.
        case dry
        case off
    }

    /// How often each place is looked at, in seconds.
    static let period = 300
    /// How many boxes one look deletes at the most.
    static let limit: UInt32 = 50
    static let width = 4

    let name = "box_sweep"
    let interval = Duration.seconds(10)
    let batch = Int.max

    let client: BusClient
    let store: Store
    let mode: Mode
    let logger: Logger

    func pass() async throws -> DutyPass {
        guard mode != .off else { return .idle }
        let places = try await store.claimSweeps(everySeconds: Self.period)
        let failed = try await withThrowingTaskGroup(of: Int.self) { group in
            var failed = 0
            for (index, place) in places.enumerated() {
                if index >= Self.width { failed += try await group.next() ?? 0 }
                group.addTask { try await sweep(place) ? 0 : 1 }
            }
            return try await group.reduce(failed, +)
        }
        return DutyPass(found: places.count, failed: failed)
    }

    /// - Returns: Whether a worker answered.
    private func sweep(_ place: SweepPlace) async throws -> Bool {
        let metadata: [LogKey: Logger.MetadataValue] = [
            .provider: "\(place.provider)", .placement: "\(place.placement ?? "-")",
        ]
        do {
            let reply = try await client.upkeep(
                .with {
                    $0.sweep = .with {
                        $0.dryRun = mode == .dry
                        $0.limit = Self.limit
                    }
                },
                provider: place.provider,
                placement: place.placement,
                context: CallContext(requestID: OperationID.now().rawValue, deadline: .now + .seconds(120))
            )
            for box in reply.sweep.boxes where box.verdict != .keep { tell(box, metadata) }
            return true
        } catch {
            try Task.checkCancellation()
            logger.info(
                "boxes not looked at",
                metadata: .keyed(metadata.merging([.error: "\(error)"]) { $1 })
            )
            return false
        }
    }

    private func tell(_ box: WireSweptBox, _ metadata: [LogKey: Logger.MetadataValue]) {
        let message: Logger.Message
        switch (box.verdict, box.deleted) {
        case (.delete, true): message = "box deleted that nobody wants"
        case (.delete, false): message = "box to be deleted that nobody wants"
        default: message = "box that nobody is known to want"
        }
        logger.notice(
            message,
            metadata: .keyed(
                metadata.merging([
                    .box: "\(box.boxID.isEmpty ? box.externalID : box.boxID)", .sandbox: "\(box.sandboxID)",
                    .epoch: "\(box.epoch)", .reason: "\(box.reason)",
                ]) { $1 }
            )
        )
    }
}
