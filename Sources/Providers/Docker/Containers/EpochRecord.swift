import BoxSession
import Model
import ProviderKit

/// What a box's daemon has written down about its owners, read past the daemon.
enum EpochRecord {
    /// - Throws: `conflict` when a higher epoch has spoken to the box.
    static func check(
        _ epoch: UInt64,
        of sandbox: SandboxID,
        in container: String,
        _ engine: Engine
    ) async throws(DriverError) {
        let path = DaemonFence.path(in: BoxPlaces.daemon, of: sandbox)
        guard let file = try await engine.file(path, in: container), let fence = DaemonFence(file), fence.epoch > epoch
        else { return }
        throw DriverError(.conflict, "A later owner has spoken to the box.")
    }
}
