package import Model
import NIOCore
package import ProviderKit

/// A handle in which nothing can be started: for tests of what happens around boxes.
package struct ClosedBox: Box {
    package let envelope: Envelope
    package var isFresh: Bool { true }

    package init(envelope: Envelope) {
        self.envelope = envelope
    }

    private var closed: DriverError { DriverError(.unsupported, "Nobody is in there.") }

    package func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess { throw closed }

    package func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess {
        throw closed
    }

    package func processes() async throws(DriverError) -> [BoxProcessListing] { throw closed }

    package func read(_ path: String) async throws(DriverError) -> any BoxFileReader { throw closed }

    package func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter { throw closed }

    package func stat(_ path: String) async throws(DriverError) -> FileInfo { throw closed }

    package func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        throw closed
    }

    package func makeDirectory(_ path: String) async throws(DriverError) { throw closed }

    package func remove(_ path: String, recursive: Bool) async throws(DriverError) { throw closed }

    package func waitUntilClosed() async {}

    package func detach() async {}
}
