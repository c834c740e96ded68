import FoundationEssentials
import NIOCore
import SandfleetClient

/// What a new sandbox has its files from.
enum Origin: Sendable {
    /// Another one, as that is now.
    case present
    /// A checkpoint in the provider's form, by a fork.
    case native
    /// A checkpoint that fits anywhere, by a create.
    case portable

    init(_ number: Int) {
        self = number > 4 ? .portable : number > 2 ? .native : .present
    }
}

extension SandboxUse {
    /// Longer than whoever is killed over a request takes to be followed by another.
    private static let patience = Duration.seconds(25)

    /// Saves the files, changes them, and puts them back.
    func checkpointAndRestore(_ name: String, _ ledger: SandboxLedger, isPortable: Bool) async throws {
        let (checkpoint, saved) = try await save(ledger, isPortable: isPortable)
        try await append(2, as: "\(name).after", to: ledger)
        let operation = UUID().uuidString.lowercased()
        try await ledger.ending("restore \(checkpoint)") {
            _ = try await callers.call("restore \(ledger.id)", abandonAfter: Self.patience) {
                try await $0.restoreCheckpoint(checkpoint, in: ledger.id, operationId: operation).id
            }
            ledger.change { $0 = saved }
        }
        findings.count("restores")
        try await check(ledger)
        try await remove(checkpoint)
    }

    /// Makes another sandbox of the files, as they are or as they were saved; from then on each has its own.
    func fork(_ name: String, _ ledger: SandboxLedger, _ origin: Origin) async throws {
        let key = UUID().uuidString.lowercased()
        var (checkpoint, saved) = (String?.none, ledger.workspace)
        if origin != .present {
            let (id, files) = try await save(ledger, isPortable: origin == .portable)
            (checkpoint, saved) = (id, files)
            try await append(1, as: "\(name).after", to: ledger)
        }
        let id = try await begin(key, ledger, origin, checkpoint)
        let kind = origin == .portable ? .lasting : ledger.kind
        let fork = SandboxLedger(id: id, key: key, kind: kind, timeline: load.timeline, workspace: saved)
        load.add(fork)
        fork.note("\(origin) of \(ledger.id) \(checkpoint ?? "")")
        ledger.note("\(origin) \(id)")
        findings.count(origin == .portable ? "sandboxes begun from checkpoints" : "forks")
        try await check(fork)
        try await append(1, as: "\(name).fork", to: fork)
        try await append(1, as: "\(name).origin", to: ledger)
        try await check(fork)
        try await check(ledger)
        if let checkpoint { try await remove(checkpoint) }
        try await delete(fork)
    }

    /// Creates a sandbox with another one's files.
    private func begin(
        _ key: String,
        _ ledger: SandboxLedger,
        _ origin: Origin,
        _ checkpoint: String?
    ) async throws -> String {
        try await callers.call("fork of \(ledger.id)", abandonAfter: Self.patience) { client in
            guard origin != .portable else {
                var request = SandboxRequest()
                request.persistent = true
                request.fromCheckpoint = checkpoint
                request.tags = ["chaos": key]
                return try await client.createSandbox(request, idempotencyKey: key).id
            }
            var request = ForkRequest()
            request.checkpoint = checkpoint
            request.tags = ["chaos": key]
            return try await client.forkSandbox(ledger.id, request, idempotencyKey: key).id
        }
    }

    /// Takes the files out, and puts them into another sandbox in place of what that one has.
    func carryOver(_ name: String, _ ledger: SandboxLedger) async throws {
        let files = ledger.workspace
        let archive = try await callers.call("export of \(ledger.id)", abandonAfter: .seconds(60)) { client in
            var bytes = ByteBuffer()
            for try await piece in try await client.exportWorkspace(of: ledger.id) { bytes.writeImmutableBuffer(piece) }
            return bytes
        }
        let other = try await create(.lasting, twice: false)
        load.add(other)
        try await append(1, as: "\(name).before", to: other)
        try await callers.call("import into \(other.id)") {
            try await $0.importWorkspace(.bytes(archive), into: other.id, replace: true)
        }
        other.change { $0 = files }
        other.note("has the files of \(ledger.id)")
        findings.count("workspaces carried over")
        try await check(other)
        try await append(1, as: "\(name).other", to: other)
        try await check(other)
        try await delete(other)
    }

    /// Puts it to sleep, its files saved; the next use wakes it.
    func drain(_ ledger: SandboxLedger) async throws {
        let operation = UUID().uuidString.lowercased()
        try await ledger.ending("drain") {
            _ = try await callers.call("drain \(ledger.id)") {
                try await $0.drainSandbox(ledger.id, operationId: operation).id
            }
        }
        findings.count("drains")
    }

    /// Saves the files; what they are, and the id.
    private func save(_ ledger: SandboxLedger, isPortable: Bool) async throws -> (id: String, files: Workspace) {
        let operation = UUID().uuidString.lowercased()
        var request = CheckpointRequest()
        request.format = isPortable ? .portable : .native
        let wanted = request
        let files = ledger.workspace
        let checkpoint = try await callers.call("checkpoint of \(ledger.id)", abandonAfter: Self.patience) {
            try await $0.createCheckpoint(of: ledger.id, wanted, operationId: operation)
        }
        findings.count(isPortable ? "checkpoints, portable" : "checkpoints, native")
        ledger.note("checkpoint \(checkpoint.id) is \(checkpoint.status.rawValue)")
        return (checkpoint.id, files)
    }

    private func remove(_ checkpoint: String) async throws {
        try await callers.call("delete checkpoint \(checkpoint)") { client in
            do {
                try await client.deleteCheckpoint(checkpoint)
            } catch let error as SandfleetError where error.code.rawValue == "checkpoint_not_found" {
                // An attempt before this one has done it.
            }
        }
    }
}
