import BoxClient
import Model
import NIOConcurrencyHelpers

/// One sandbox on this machine: its fence, its keeper, and what is open in it.
final class Sandbox: Sendable {
    struct State {
        /// Nil before it was read from disk.
        var record: SandboxRecord?
        /// Whether the record's epoch is on disk.
        var isFenceSaved = true
        /// The sandbox's own variables as `open` last gave them; never on disk.
        var environment: [String: String] = [:]
        /// Of the record's epoch.
        var connection: BoxConnection?
        var held: [String: HeldProcess] = [:]
    }

    let id: SandboxID
    unowned let host: SandboxHost
    let folder: KeeperDirectory
    let state = NIOLockedValueBox(State())
    /// Whoever changes the record or the keeper.
    let turn = Turnstile()
    /// Whoever begins to follow a process: two at a time would take it from one another for ever.
    let followTurn = Turnstile()
    let readers = HandleTable<BoxFileReader>(limit: 256)
    let uploads = HandleTable<FileUpload>(limit: 256) { $0.isCommitted }

    init(id: SandboxID, host: SandboxHost) {
        self.id = id
        self.host = host
        folder = KeeperDirectory(host.paths, sandbox: id.rawValue)
    }

    var isOpen: Bool { state.withLockedValue { $0.record?.keeper != nil } }
}

// MARK: The fence

extension Sandbox {
    /// Refuses whoever has a lower epoch than somebody before (rule 5); a higher one is on disk before this returns.
    func admit(_ epoch: UInt64) async throws {
        guard try await isNew(epoch) else { return }
        try await turn.withTurn {
            guard try await isNew(epoch) else { return }
            let record = state.withLockedValue { state -> SandboxRecord in
                // Refused from now on, whatever becomes of the file.
                state.record?.epoch = epoch
                return state.record ?? SandboxRecord(epoch: epoch)
            }
            disconnect()
            state.withLockedValue { $0.isFenceSaved = false }
            try await save(record)
            state.withLockedValue { $0.isFenceSaved = true }
        }
    }

    private func isNew(_ epoch: UInt64) async throws -> Bool {
        let known = try await loadedRecord().epoch
        guard epoch >= known else {
            var fault = Fault.leaseLost
            fault.details = ["epoch": "\(known)"]
            throw fault
        }
        // One that could not be written down is not served before it is.
        return epoch > known || !state.withLockedValue(\.isFenceSaved)
    }

    func loadedRecord() async throws -> SandboxRecord {
        if let record = state.withLockedValue(\.record) { return record }
        let loaded = try await host.blocking { [folder] in try folder.load() }
        return state.withLockedValue { state in
            // Somebody may have been faster, and have changed it since.
            let record = state.record ?? loaded ?? SandboxRecord()
            state.record = record
            return record
        }
    }

    func save(_ record: SandboxRecord) async throws {
        try await host.blocking { [folder] in try folder.save(record) }
        state.withLockedValue { $0.record = record }
    }

    /// What the former epoch had open ends with its connection.
    func disconnect() {
        let (connection, held) = state.withLockedValue { state in
            defer {
                state.connection = nil
                state.held = [:]
            }
            return (state.connection, state.held)
        }
        for process in held.values { process.letGo() }
        connection?.close()
        readers.removeAll()
        uploads.removeAll()
    }
}

// MARK: Upkeep

extension Sandbox {
    private static let patience = Duration.seconds(60)

    func interruptWaits() {
        for process in state.withLockedValue({ Array($0.held.values) }) { process.interruptWaits() }
    }

    func refresh() async {
        readers.expire()
        uploads.expire()
        let limit = ContinuousClock.now - Self.patience
        let unused = state.withLockedValue { state in
            let unused = state.held.filter { $0.value.isUnused(since: limit) || $0.value.hasFailed }
            for id in unused.keys { state.held[id] = nil }
            return unused
        }
        for process in unused.values { process.letGo() }
        let moment = host.running.moment
        do {
            let record = try await loadedRecord()
            guard let keeper = record.keeper else { return }
            if let process = keeper.process { _ = KeeperProcesses.reap(process.pid) }
            // A keeper that hangs must not hold up the others.
            let running = try await withDeadline(.seconds(5)) { [self] in
                try await connection(epoch: record.epoch).processes().filter { $0.isDetached && $0.exit == nil }
                    .map(\.id)
            }
            host.running.set(Set(running), in: id, asOf: moment)
        } catch {
            // Whoever asks for this sandbox next is told why.
            host.running.set([], in: id, asOf: moment)
        }
    }
}
