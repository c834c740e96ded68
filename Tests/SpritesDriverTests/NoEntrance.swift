import Model
import NIOCore
import ProviderKit

@testable import SpritesDriver

/// Leaves sprites alone: for tests of what happens around them.
struct NoEntrance: SpriteEntrance {
    func enter(_ entry: SpriteEntry, _ api: SpritesAPI) async throws(DriverError) -> any Box {
        ClosedBox(envelope: entry.envelope)
    }

    func halt(_ name: SpriteName, _ api: SpritesAPI) async throws(DriverError) {}
}

struct ClosedBox: Box {
    let envelope: Envelope
    var isFresh: Bool { true }

    private var closed: DriverError { DriverError(.unsupported, "Nobody is in there.") }

    func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess { throw closed }

    func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess {
        throw closed
    }

    func processes() async throws(DriverError) -> [BoxProcessListing] { throw closed }

    func read(_ path: String) async throws(DriverError) -> any BoxFileReader { throw closed }

    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter { throw closed }

    func stat(_ path: String) async throws(DriverError) -> FileInfo { throw closed }

    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        throw closed
    }

    func makeDirectory(_ path: String) async throws(DriverError) { throw closed }

    func remove(_ path: String, recursive: Bool) async throws(DriverError) { throw closed }

    func waitUntilClosed() async {}

    func detach() async {}
}
