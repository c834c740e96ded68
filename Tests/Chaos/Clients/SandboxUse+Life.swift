import FoundationEssentials
import SandfleetClient

extension SandboxUse {
    /// Creates the sandbox, perhaps by two clients under one key.
    func create(_ kind: SandboxKind, twice: Bool) async throws -> SandboxLedger {
        let key = UUID().uuidString.lowercased()
        var request = SandboxRequest()
        request.persistent = kind != .ephemeral
        request.tags = ["chaos": key]
        if kind == .idling { request.idleTimeoutMs = 2000 }
        let asked = request
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<(twice ? 2 : 1) {
                group.addTask {
                    try await self.callers.call("create \(self.name)", abandonAfter: .seconds(20)) {
                        try await $0.createSandbox(asked, idempotencyKey: key).id
                    }
                }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        findings.count("sandboxes created")
        if Set(ids).count > 1 { findings.add(.duplicateSandbox, ids[0], "one key gave \(ids.joined(separator: " and "))") }
        let ledger = SandboxLedger(id: ids[0], key: key, kind: kind, timeline: load.timeline)
        ledger.note("created, \(kind.rawValue)")
        return ledger
    }

    /// Stops it and brings it back; until that is answered, its box may end at any moment.
    func stopAndConnect(_ ledger: SandboxLedger) async throws {
        try await ledger.ending("stop and connect") {
            let stopped = try await callers.call("stop \(ledger.id)") { try await $0.stopSandbox(ledger.id) }
            findings.count("stops")
            ledger.note("stop says \(stopped?.status.rawValue ?? "nothing")")
            let sandbox = try await callers.call("connect \(ledger.id)") { try await $0.connectSandbox(ledger.id) }
            if sandbox.status != .active {
                findings.add(.refused, ledger.id, "connected, and the answer says \(sandbox.status.rawValue)")
            }
        }
    }

    /// Stops it while commands are on their way; they are asked again until it is back.
    func stopAmidst(_ count: Int, as name: String, _ ledger: SandboxLedger) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.appendAtOnce(count, as: name, to: ledger, passing: ["sandbox_not_active"]) }
            try await stopAndConnect(ledger)
            try await group.waitForAll()
        }
    }

    /// Stops one that is not to be kept: its box goes, its files with it, and it does not come back.
    func end(_ ledger: SandboxLedger) async throws {
        ledger.end()
        try await ledger.ending("stop for good") {
            try await callers.call("stop \(ledger.id) for good") { _ = try await $0.stopSandbox(ledger.id) }
        }
        findings.count("ephemeral sandboxes stopped")
        try await callers.call("connect \(ledger.id)") { [findings] client in
            do {
                let sandbox = try await client.connectSandbox(ledger.id)
                findings.add(.wrongFiles, ledger.id, "it came back from its stop, and is \(sandbox.status.rawValue)")
            } catch let error as SandfleetError where error.code.rawValue == "sandbox_not_active" {
                // As it is to be.
            }
        }
    }

    func delete(_ ledger: SandboxLedger) async throws {
        ledger.delete()
        try await ledger.ending("delete") {
            try await callers.call("delete \(ledger.id)") { client in
                do {
                    try await client.deleteSandbox(ledger.id)
                } catch let error as SandfleetError where error.code == .sandboxNotFound {
                    // An attempt before this one has done it.
                }
            }
        }
        findings.count("deletes")
    }
}
