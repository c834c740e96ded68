import Fleet
import Model
import NIOCore
import ProviderKit
import VercelDriver

/// Handles of sessions without a daemon in them: for tests of what becomes of the sessions.
struct BareOpener: BoxOpener {
    func open(_ opening: BoxOpening, _ api: VercelAPI) async throws(DriverError) -> any Box { BareBox(opening) }
}

final class BareBox: Box {
    let opening: BoxOpening
    private let closed = OneShot<Void>()

    init(_ opening: BoxOpening) {
        self.opening = opening
    }

    var envelope: Envelope { opening.envelope }
    var isFresh: Bool { opening.isNew }

    func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess { throw Self.nothing }

    func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess {
        throw Self.nothing
    }

    func processes() async throws(DriverError) -> [BoxProcessListing] { [] }

    func read(_ path: String) async throws(DriverError) -> any BoxFileReader { throw Self.nothing }

    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter { throw Self.nothing }

    func stat(_ path: String) async throws(DriverError) -> FileInfo { throw Self.nothing }

    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        throw Self.nothing
    }

    func makeDirectory(_ path: String) async throws(DriverError) { throw Self.nothing }

    func remove(_ path: String, recursive: Bool) async throws(DriverError) { throw Self.nothing }

    func waitUntilClosed() async { await closed.wait() }

    func detach() async { closed.resolve(()) }

    private static let nothing = DriverError(.unsupported, "There is no daemon.")
}
