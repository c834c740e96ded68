import Bus
import FoundationEssentials
import Model
import NIOConcurrencyHelpers
import ServiceHost
import Store
import SwiftProtobuf
import Wire

@testable import Gateway

/// A worker as the gateway sees it: its leases and archives are rows of a real database, its boxes are not there.
final class LedgerOwner: SandboxBus {
    /// What goes wrong with one request, in the order in which they come.
    enum Mishap: Sendable {
        /// It does as it is asked.
        case none
        /// It refuses, and has done nothing.
        case refuses(Fault)
        /// It dies before it has done anything.
        case diesAtOnce
        /// It dies when it has written down what it is about to do.
        case diesHalfWay
        /// It does as it is asked, and its answer gets lost with it.
        case diesAtTheEnd
    }

    private struct State {
        var epochs: [SandboxID: UInt64] = [:]
        var requests: [WireSandboxRequest] = []
        var acquires = 0
        var mishaps: [Mishap] = []
        var failure: Fault?
        var damaged: Set<ArchiveID> = []
    }

    static let placement = "here"

    let isConnected = true
    private let store: Store
    private let worker: WorkerID
    private let state = NIOLockedValueBox(State())

    init(_ store: Store, worker: WorkerID) {
        self.store = store
        self.worker = worker
    }

    var requests: [WireSandboxRequest] { state.withLockedValue { $0.requests } }
    var acquires: Int { state.withLockedValue { $0.acquires } }

    func next(_ mishaps: Mishap...) { state.withLockedValue { $0.mishaps = mishaps } }

    /// No box comes up from now on; nil is that they do again.
    func fail(_ fault: Fault?) { state.withLockedValue { $0.failure = fault } }

    /// This archive cannot be read.
    func damage(_ archive: ArchiveID) { state.withLockedValue { _ = $0.damaged.insert(archive) } }

    func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply {
        let (failure, damaged) = state.withLockedValue { state in
            state.acquires += 1
            return (state.failure, state.damaged)
        }
        switch try await store.acquire(sandbox, in: workspace, for: worker, placement: Self.placement) {
        case .acquired(let leased):
            let (record, epoch) = (leased.record, leased.record.epoch)
            if record.intent != .run {
                _ = try await store.settle(sandbox, epoch: epoch, as: record.intent, keepsBox: false, actor: "test")
                return .with { $0.outcome = .settled }
            }
            for archive in leased.archives where damaged.contains(archive.id) {
                try await store.noteDamage(archive.id, message: "It is damaged.", actor: "test")
            }
            let isLost = !leased.archives.isEmpty && leased.archives.allSatisfy { damaged.contains($0.id) }
            if let failure = isLost ? Fault(.archiveDamaged, "No archive can be read.") : failure {
                _ = try await store.release(sandbox, epoch: epoch, actor: "test", reason: "failed")
                throw BusError.remote(failure)
            }
            _ = try await store.becomeWarm(
                sandbox,
                epoch: epoch,
                box: .now(),
                lifetime: nil,
                envelope: Envelope(
                    backendId: "local",
                    sessionState: .init(providerState: ["boxId": "box-\(epoch)"], workspaceReady: true)
                ),
                binding: ("host", Self.placement),
                actor: "test"
            )
            state.withLockedValue { $0.epochs[sandbox] = epoch }
            return .with { $0.outcome = .serving }
        case .owned: return .with { $0.outcome = .owned }
        case .notFound: throw BusError.remote(Fault(.sandboxNotFound, "There is no such sandbox."))
        case .notLive, .elsewhere: throw BusError.noResponders
        }
    }

    func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply {
        guard let epoch = state.withLockedValue({ $0.epochs[sandbox] }) else { throw BusError.noResponders }
        let mishap = state.withLockedValue { state -> Mishap in
            state.requests.append(request)
            return state.mishaps.isEmpty ? .none : state.mishaps.removeFirst()
        }
        switch mishap {
        case .refuses(let fault): throw BusError.remote(fault)
        case .diesAtOnce: try await die(sandbox, epoch)
        case .diesHalfWay:
            try await carryOut(request, sandbox, workspace, epoch, halfWay: true)
            try await die(sandbox, epoch)
        case .diesAtTheEnd:
            try await carryOut(request, sandbox, workspace, epoch)
            try await die(sandbox, epoch)
        case .none: try await carryOut(request, sandbox, workspace, epoch)
        }
        return .with {
            $0.epoch = epoch
            $0.done = WireDone()
        }
    }

    func openTunnel(workspace: WorkspaceID) async throws -> Tunnel { throw BusError.disconnected }

    /// Goes without a word, as its lease then does.
    private func die(_ sandbox: SandboxID, _ epoch: UInt64) async throws {
        state.withLockedValue { $0.epochs[sandbox] = nil }
        _ = try await store.release(sandbox, epoch: epoch, actor: "test", reason: "died")
        throw BusError(.unknown, Fault(.outcomeUnknown, "The worker that ran this has gone."))
    }

    private func carryOut(
        _ request: WireSandboxRequest,
        _ sandbox: SandboxID,
        _ workspace: WorkspaceID,
        _ epoch: UInt64,
        halfWay: Bool = false
    ) async throws {
        switch request.operation {
        case .saveCheckpoint(let save):
            try await self.save(save, sandbox, workspace, epoch, halfWay: halfWay)
        case .restoreCheckpoint(let restore):
            guard let archive = ArchiveID(restore.checkpointID) else { return }
            _ = try await store.beginRestore(archive, of: sandbox, epoch: epoch, reason: "restore", actor: "test")
            if !halfWay { try await drain(sandbox, epoch, as: .pause) }
        case .settle:
            guard let intent = try await store.leased(sandbox, epoch: epoch)?.intent, intent != .run else { return }
            try await drain(sandbox, epoch, as: intent)
        default: break
        }
    }

    private func drain(_ sandbox: SandboxID, _ epoch: UInt64, as intent: Intent) async throws {
        _ = try await store.beginDraining(sandbox, epoch: epoch, intent: intent, reason: nil, actor: "test")
        let snapshot = WireSaveCheckpoint.with { $0.checkpointID = ID.new(of: Kind.Archive.self).rawValue }
        if let workspace = try await store.workspace(of: sandbox), intent != .delete {
            try await save(snapshot, sandbox, workspace, epoch, purpose: .snapshot)
        }
        _ = try await store.settle(sandbox, epoch: epoch, as: intent, keepsBox: false, actor: "test")
        state.withLockedValue { $0.epochs[sandbox] = nil }
    }

    private func save(
        _ save: WireSaveCheckpoint,
        _ sandbox: SandboxID,
        _ workspace: WorkspaceID,
        _ epoch: UInt64,
        purpose: ArchivePurpose? = nil,
        halfWay: Bool = false
    ) async throws {
        guard let id = ArchiveID(save.checkpointID) else {
            throw BusError.remote(Fault(.invalidRequest, "checkpoint_id has to be an id."))
        }
        let record = ArchiveRecord(
            id: id,
            workspace: workspace,
            sandbox: sandbox,
            purpose: purpose ?? (save.forFork ? .fork : .checkpoint),
            state: .candidate,
            format: save.portable ? .portable : .native,
            provider: "local",
            account: "host",
            placement: Self.placement,
            epoch: epoch,
            comment: save.comment.isEmpty ? nil : save.comment,
            createdAt: Date(),
            expiresAt: save.hasExpiresAt ? Date(timeIntervalSince1970: Double(save.expiresAt) / 1000) : nil
        )
        // One that another owner began is gone on with.
        if try await store.archive(id, in: workspace) == nil {
            guard try await store.intendArchive(record, actor: "test") else {
                throw BusError.remote(Fault(.leaseLost, "This worker serves the sandbox no more."))
            }
        }
        if halfWay { return }
        let reference = ArchiveReference(
            format: record.format,
            id: id,
            provider: "local",
            account: "host",
            placement: Self.placement,
            externalID: id.rawValue,
            createdAt: record.createdAt,
            sizeBytes: 7
        )
        _ = try await store.publishArchive(id, of: sandbox, epoch: epoch, reference: reference, actor: "test")
    }
}
