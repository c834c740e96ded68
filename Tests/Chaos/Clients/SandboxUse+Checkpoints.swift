import FoundationEssentials
import SandfleetClient

extension SandboxUse {
    /// Saves the files, changes them, and puts them back.
    func checkpointAndRestore(_ name: String, _ ledger: SandboxLedger) async throws {
        let (checkpoint, saved) = try await save(ledger)
        try await append(2, as: "\(name).after", to: ledger)
        let operation = UUID().uuidString.lowercased()
        try await ledger.ending("restore \(checkpoint)") {
            _ = try await callers.call("restore \(ledger.id)", abandonAfter: .seconds(45)) {
                try await $0.restoreCheckpoint(checkpoint, in: ledger.id, operationId: operation).id
            }
            ledger.change { $0 = saved }
        }
        findings.count("restores")
        try await check(ledger)
        try await remove(checkpoint)
    }

    /// Makes another sandbox of the files, as they are or as they were saved; from then on each has its own.
    func fork(_ name: String, _ ledger: SandboxLedger, fromCheckpoint: Bool) async throws {
        var request = ForkRequest()
        let key = UUID().uuidString.lowercased()
        request.tags = ["chaos": key]
        var saved = ledger.workspace
        if fromCheckpoint {
            let (checkpoint, files) = try await save(ledger)
            (request.checkpoint, saved) = (checkpoint, files)
            try await append(1, as: "\(name).after", to: ledger)
        }
        let asked = request
        let id = try await callers.call("fork of \(ledger.id)", abandonAfter: .seconds(45)) {
            try await $0.forkSandbox(ledger.id, asked, idempotencyKey: key).id
        }
        let fork = SandboxLedger(id: id, key: key, idles: ledger.idles, timeline: load.timeline, workspace: saved)
        load.add(fork)
        fork.note("forked from \(ledger.id) \(request.checkpoint ?? "")")
        ledger.note("fork \(id)")
        findings.count("forks")
        try await check(fork)
        try await append(1, as: "\(name).fork", to: fork)
        try await append(1, as: "\(name).origin", to: ledger)
        try await check(fork)
        try await check(ledger)
        if let checkpoint = request.checkpoint { try await remove(checkpoint) }
        try await delete(fork)
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
    private func save(_ ledger: SandboxLedger) async throws -> (id: String, files: Workspace) {
        let operation = UUID().uuidString.lowercased()
        let files = ledger.workspace
        let checkpoint = try await callers.call("checkpoint of \(ledger.id)", abandonAfter: .seconds(45)) {
            try await $0.createCheckpoint(of: ledger.id, operationId: operation)
        }
        findings.count("checkpoints")
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
