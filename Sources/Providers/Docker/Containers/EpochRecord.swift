import Model
import NIOCore
import ProviderKit

/// The highest epoch that a box's daemon has seen, as it lies in the box, whether that runs or not.
struct EpochRecord: Sendable, Hashable {
    private static let heading = "sandfleet-fence-1"

    var epoch: UInt64

    /// - Throws: `conflict` when a higher one has spoken to the box.
    static func check(
        _ epoch: UInt64,
        of sandbox: SandboxID,
        in container: String,
        _ engine: Engine
    ) async throws(DriverError) {
        guard let file = try await engine.file("\(BoxPlaces.daemon)/\(sandbox)/fence", in: container),
            let record = EpochRecord(file), record.epoch > epoch
        else { return }
        throw DriverError(.conflict, "A later owner has spoken to the box.")
    }

    /// Nil for what is none.
    init?(_ file: ByteBuffer) {
        let fields = String(buffer: file).split(separator: " ", maxSplits: 2)
        guard fields.count == 3, fields[0] == Self.heading, let epoch = UInt64(fields[1]) else { return nil }
        self.epoch = epoch
    }
}
