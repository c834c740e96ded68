import FoundationEssentials
import SandfleetClient

extension SandboxUse {
    /// Appends lines to the log, one command after another.
    func append(_ count: Int, as name: String, to ledger: SandboxLedger) async throws {
        for index in 0..<count { try await append("\(name).\(index)", to: ledger) }
    }

    /// Appends lines by commands that run at the same time.
    func appendAtOnce(
        _ count: Int,
        as name: String,
        to ledger: SandboxLedger,
        passing: Set<String> = []
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask { try await self.append("\(name).\(index)", to: ledger, passing: passing) }
            }
            try await group.waitForAll()
        }
    }

    /// Says nothing for longer than the sandbox may idle, then appends a line: what runs is activity.
    func beSilent(for seconds: Int, as name: String, in ledger: SandboxLedger) async throws {
        try await append("\(name).silent", to: ledger, after: "sleep \(seconds); ")
    }

    private func append(
        _ line: String,
        to ledger: SandboxLedger,
        after preparation: String = "",
        passing: Set<String> = []
    ) async throws {
        let operation = UUID().uuidString.lowercased()
        ledger.change { $0.begin(line: line) }
        let began = load.timeline.now
        let abandon = Duration.seconds(Double.random(in: 8...30))
        let result = try await callers.call("append to \(ledger.id)", abandonAfter: abandon, passing: passing) { client in
            let command = Command.shell("\(preparation)echo \(line) >> /workspace/log")
            return try await client.runCommand(command, in: ledger.id, operationId: operation)
        }
        findings.count("commands")
        if result.exit.isSuccess {
            ledger.change { $0.acknowledge(line: line) }
            findings.count("lines acknowledged")
        } else {
            findings.count("commands of unknown outcome")
            ledger.note("\(line): \(result.exit.status.rawValue) \(result.exit.reason ?? "") \(result.processId)")
            ledger.lost(
                .init(
                    what: "command \(result.processId) (\(line))",
                    reason: "\(result.exit.status.rawValue) \(result.exit.reason ?? "\(result.exit.exitCode ?? -1)")",
                    time: began...load.timeline.now,
                    hasRun: false
                )
            )
        }
    }
}
