import FoundationEssentials
import NIOConcurrencyHelpers
import SandfleetClient

extension SandboxUse {
    /// Starts a writer in the background, and follows what it prints to the end.
    func follow(_ output: WriterOutput, in ledger: SandboxLedger) async throws {
        let operation = UUID().uuidString.lowercased()
        let began = load.timeline.now
        let passing: Set<String> = ["sandbox_not_active"]
        let process = try await callers.call("start in \(ledger.id)", abandonAfter: .seconds(30), passing: passing) { client in
            let command = Command.program("python3", output.program)
            return try await client.startProcess(command, in: ledger.id, operationId: operation).id
        }
        ledger.note("writer \(process) of \(output.lines) lines")
        let followed = NIOLockedValueBox(FollowedOutput())
        try await callers.call("output of \(process)") { client in
            let start = OutputStart.sequence(followed.withLockedValue(\.next))
            for try await chunk in client.output(of: process, from: start) {
                followed.withLockedValue { $0.take(chunk) }
            }
        }
        let seen = followed.withLockedValue { $0 }
        findings.count("processes followed")
        findings.count("bytes followed", seen.stdout.count + seen.stderr.count)
        for problem in seen.problems(of: output) {
            findings.add(.output, ledger.id, "process \(process): \(problem)")
        }
        try await settle(process, seen, began: began, in: ledger)
    }

    /// Compares the end that was followed with that of the row.
    private func settle(_ process: String, _ seen: FollowedOutput, began: Double, in ledger: SandboxLedger) async throws {
        guard let exit = seen.exit else {
            findings.add(.output, ledger.id, "process \(process): the output ended without an end")
            return
        }
        ledger.note("writer \(process): \(exit.status.rawValue) \(exit.reason ?? "") after \(seen.stdout.count) bytes")
        // The row learns of the end right after the followers.
        let row = try await callers.call("end of \(process)") { try await $0.waitForProcess(process, for: .seconds(20)) }
        if row.status != exit.status || row.exitCode != exit.exitCode {
            findings.add(
                .output,
                ledger.id,
                "process \(process): the row says \(row.status.rawValue), the output \(exit.status.rawValue)"
            )
        }
        if !exit.isSuccess {
            ledger.lost(
                .init(
                    what: "process \(process)",
                    reason: "\(exit.status.rawValue) \(exit.reason ?? "\(exit.exitCode ?? -1)")",
                    time: began...load.timeline.now,
                    hasRun: !seen.stdout.isEmpty
                )
            )
        }
    }
}
