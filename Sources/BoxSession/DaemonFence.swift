package import Model
package import NIOCore

/// The highest epoch that a box's daemon has seen, as it lies in the box, whether that runs or not.
package struct DaemonFence: Sendable, Hashable {
    private static let heading = "sandfleet-fence-1"

    package let epoch: UInt64

    /// Nil for what is none.
    package init?(_ file: ByteBuffer) {
        let fields = String(buffer: file).split(separator: " ", maxSplits: 2)
        guard fields.count == 3, fields[0] == Self.heading, let epoch = UInt64(fields[1]) else { return nil }
        self.epoch = epoch
    }

    /// Where it lies, below the directory that relays are started with.
    package static func path(in directory: String, of sandbox: SandboxID) -> String {
        "\(directory)/\(sandbox)/fence"
    }
}
