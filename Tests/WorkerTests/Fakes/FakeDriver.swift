import Foundation
import Model
import NIOConcurrencyHelpers
import ProviderKit

/// A provider in memory: its boxes hold files, its archives are copies of them.
final class FakeDriver: Driver {
    enum Call: String, Sendable, Hashable {
        case create, resume, stop, delete, capture, discard
    }

    struct FakeBoxState: Sendable {
        var tag: BoxTag?
        var files: [String: String] = [:]
        var isRunning = true
        /// As the provider would tell it.
        var endsAt: ContinuousClock.Instant?
        var account = "fake"
    }

    private struct State {
        var boxes: [String: FakeBoxState] = [:]
        var archives: [ArchiveID: [String: String]] = [:]
        var calls: [Call] = []
        /// Where boxes are made from now on; those of accounts that it was before are still reached.
        var account = "fake"
        var accounts: Set<String> = ["fake"]
        var hook: (@Sendable (Call) async throws -> Void)?
    }

    let descriptor: Descriptor
    let binding: Binding
    private let state = NIOLockedValueBox(State())

    init(captures: Descriptor.CaptureMoment = .stopped, lifetime: Int? = nil, placement: String = "here") {
        binding = Binding(account: "fake", placement: placement)
        descriptor = Descriptor(
            name: "fake",
            os: "linux",
            hostBound: true,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .no("none"),
            snapshots: .yes,
            drainCaptures: captures,
            networkPolicies: [.none],
            memoryLimit: .yes,
            cpuLimit: .yes,
            diskLimit: .yes,
            persistence: .yes,
            idempotentCreate: .uniqueName,
            processAttach: .yes,
            hardDeadlineSeconds: lifetime,
            createDeadlineSeconds: 30,
            listingDelaySeconds: 0
        )
    }

    /// Runs before each call takes effect; what it throws, the call throws.
    func before(_ hook: (@Sendable (Call) async throws -> Void)?) {
        state.withLockedValue { $0.hook = hook }
    }

    /// Workspaces have an account of their own from now on.
    func use(account: String) {
        state.withLockedValue { state in
            state.account = account
            state.accounts.insert(account)
        }
    }

    /// The credentials of an account are taken away.
    func forget(account: String) {
        state.withLockedValue { state in
            state.accounts.remove(account)
            if state.account == account { state.account = "fake" }
        }
    }

    func binding(for workspace: WorkspaceID) async throws(DriverError) -> Binding {
        Binding(account: state.withLockedValue { $0.account }, placement: binding.placement)
    }

    func binding(ofAccount account: String) async throws(DriverError) -> Binding? {
        let isKnown = state.withLockedValue { $0.accounts.contains(account) }
        return isKnown ? Binding(account: account, placement: binding.placement) : nil
    }

    var calls: [Call] { state.withLockedValue { $0.calls } }
    var boxes: [String: FakeBoxState] { state.withLockedValue { $0.boxes } }
    var archivesKept: Set<ArchiveID> { state.withLockedValue { Set($0.archives.keys) } }

    func change(_ box: String, _ change: (inout FakeBoxState) -> Void) {
        state.withLockedValue { state in
            var changed = state.boxes[box] ?? FakeBoxState()
            change(&changed)
            state.boxes[box] = changed
        }
    }

    func lose(_ box: String) { state.withLockedValue { $0.boxes[box] = nil } }

    func damage(_ archive: ArchiveID) { state.withLockedValue { $0.archives[archive] = nil } }

    func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        try await note(.create)
        let name = creation.tag.box.rawValue
        let saved = creation.source.map { source in state.withLockedValue { $0.archives[source.id] } }
        // There is a source, and it is gone.
        if case .some(.none) = saved { throw DriverError(.archiveDamaged, "It is not there.") }
        let files = (saved ?? nil) ?? [:]
        let account = state.withLockedValue { $0.account }
        change(name) { $0 = FakeBoxState(tag: creation.tag, files: files, account: account) }
        return FakeBox(driver: self, name: name, isFresh: true)
    }

    func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        try await note(.resume)
        guard let name = resumption.envelope.boxId, let known = boxes[name] else {
            throw DriverError(.gone, "There is no such box.")
        }
        change(name) { $0.isRunning = true }
        return FakeBox(driver: self, name: name, isFresh: !known.isRunning)
    }

    func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        try await note(.stop)
        guard let name = envelope.boxId, boxes[name] != nil else { throw DriverError(.gone, "There is no such box.") }
        change(name) { $0.isRunning = false }
    }

    func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        try await note(.delete)
        guard let name = envelope.boxId, let box = boxes[name] else { return }
        let isKnown = state.withLockedValue { $0.accounts.contains(box.account) }
        guard isKnown, envelope.account == box.account else { throw DriverError(.unauthorized, "It is of another account.") }
        lose(name)
    }

    func list() async throws(DriverError) -> [BoxListing] {
        boxes.sorted { $0.key < $1.key }
            .map {
                BoxListing(
                    externalID: $0.key,
                    tag: $0.value.tag,
                    isRunning: $0.value.isRunning,
                    account: $0.value.account
                )
            }
    }

    func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        try await note(.capture)
        guard let name = capture.envelope.boxId, let box = boxes[name] else {
            throw DriverError(.gone, "There is no such box.")
        }
        state.withLockedValue { state in
            if state.archives[capture.archive] == nil { state.archives[capture.archive] = box.files }
        }
        return ArchiveReference(
            format: .native,
            id: capture.archive,
            provider: "fake",
            account: box.account,
            placement: binding.placement,
            externalID: capture.archive.rawValue,
            createdAt: Date(),
            sizeBytes: Int64(box.files.count)
        )
    }

    func discard(_ archive: ArchiveID) async throws(DriverError) {
        try await note(.discard)
        damage(archive)
    }

    func archives() async throws(DriverError) -> [ArchiveID] { Array(archivesKept) }

    func shutdown() async {}

    private func note(_ call: Call) async throws(DriverError) {
        let hook = state.withLockedValue { state in
            state.calls.append(call)
            return state.hook
        }
        do {
            try await hook?(call)
        } catch let error as DriverError {
            throw error
        } catch {
            throw DriverError(.transient, "\(error)")
        }
    }
}
