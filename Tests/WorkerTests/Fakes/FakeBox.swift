import FleetTesting
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit

/// A box in memory; its files can be read, written and removed, nothing runs in it.
final class FakeBox: Box {
    let driver: FakeDriver
    let name: String
    let isFresh: Bool
    private let waiter = NIOLockedValueBox<(isDetached: Bool, continuation: CheckedContinuation<Void, Never>?)>((false, nil))

    init(driver: FakeDriver, name: String, isFresh: Bool) {
        self.driver = driver
        self.name = name
        self.isFresh = isFresh
    }

    var envelope: Envelope {
        Envelope(
            backendId: "fake",
            sessionState: .init(providerState: ["boxId": name, "account": driver.boxes[name]?.account ?? "fake"], workspaceReady: true)
        )
    }

    var endsAt: ContinuousClock.Instant? { driver.boxes[name]?.endsAt }

    func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess { throw Self.refusal }
    func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess {
        throw DriverError(.processGone, "Nothing runs here.")
    }
    func processes() async throws(DriverError) -> [BoxProcessListing] { [] }
    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        throw Self.refusal
    }
    func makeDirectory(_ path: String) async throws(DriverError) {}

    func read(_ path: String) async throws(DriverError) -> any BoxFileReader { throw Self.refusal }

    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter {
        FakeWriter(box: self, path: path)
    }

    func stat(_ path: String) async throws(DriverError) -> FileInfo {
        guard let content = driver.boxes[name]?.files[path] else {
            throw DriverError(.file(.fileNotFound), "There is no such file.")
        }
        return FileInfo(name: path, type: .file, size: UInt64(content.utf8.count), mode: 0o644, modifiedAt: 0)
    }

    func remove(_ path: String, recursive: Bool) async throws(DriverError) {
        driver.change(name) { $0.files[path] = nil }
    }

    func waitUntilClosed() async {
        await withCheckedContinuation { continuation in
            let isOver = waiter.withLockedValue { waiter in
                if !waiter.isDetached { waiter.continuation = continuation }
                return waiter.isDetached
            }
            if isOver { continuation.resume() }
        }
    }

    func detach() async {
        let continuation = waiter.withLockedValue { waiter in
            waiter.isDetached = true
            defer { waiter.continuation = nil }
            return waiter.continuation
        }
        continuation?.resume()
    }

    private static let refusal = DriverError(.unsupported, "A fake box cannot do that.")
}

private final class FakeWriter: BoxFileWriter {
    private let box: FakeBox
    private let path: String
    private let content = NIOLockedValueBox("")

    init(box: FakeBox, path: String) {
        self.box = box
        self.path = path
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        content.withLockedValue { $0 += String(buffer: bytes) }
    }

    func commit() async throws(DriverError) -> FileInfo {
        let text = content.withLockedValue { $0 }
        box.driver.change(box.name) { $0.files[path] = text }
        return try await box.stat(path)
    }

    func discard() async {}
}
