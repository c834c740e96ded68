import Crypto
import FleetTesting
import NIOCore
import SandfleetClient

extension SandboxUse {
    /// Replaces one of three files by bytes that nobody has seen before.
    func upload(_ random: SeededGenerator, to ledger: SandboxLedger) async throws {
        var random = random
        let size = [0, 100, 20_000, 300_000, 3_000_000].randomElement(using: &random) ?? 100
        let path = "/workspace/file-\(Int.random(in: 0..<3, using: &random))"
        var bytes = [UInt8](name.utf8)
        for _ in 0..<(size / 8) { withUnsafeBytes(of: random.next()) { bytes += $0 } }
        let digest = Self.digest(bytes)
        ledger.change { $0.begin(upload: digest, at: path) }
        let body = ByteBuffer(bytes: bytes)
        _ = try await callers.call("upload to \(ledger.id)") { try await $0.upload(.bytes(body), to: path, in: ledger.id) }
        ledger.change { $0.acknowledge(upload: digest, at: path) }
        ledger.note("uploaded \(digest.prefix(8)) to \(path)")
        findings.count("uploads")
    }

    /// Reads one of the files, and compares.
    func download(from ledger: SandboxLedger) async throws {
        let paths = ledger.workspace.uploads.keys.sorted()
        guard let path = paths.randomElement() else { return }
        try await compare(path, in: ledger)
    }

    /// Compares the log and every file with what was acknowledged.
    func check(_ ledger: SandboxLedger) async throws {
        // What is acknowledged while the log is read need not be in it.
        let expected = ledger.workspace
        let log = try await read("/workspace/log", in: ledger).map { String(decoding: $0, as: UTF8.self) } ?? ""
        for (kind, problem) in expected.problems(log: log) {
            findings.add(kind, ledger.id, problem)
            ledger.note(problem)
        }
        for path in expected.uploads.keys.sorted() { try await compare(path, in: ledger) }
        findings.count("workspaces checked")
    }

    private func compare(_ path: String, in ledger: SandboxLedger) async throws {
        let digest = try await read(path, in: ledger).map(Self.digest)
        guard let (kind, problem) = ledger.workspace.problem(digest: digest, at: path) else { return }
        findings.add(kind, ledger.id, problem)
        ledger.note(problem)
    }

    /// All bytes of a file; nil when there is none.
    private func read(_ path: String, in ledger: SandboxLedger) async throws -> [UInt8]? {
        try await callers.call("download from \(ledger.id)", abandonAfter: .seconds(60)) { client in
            do {
                let file = try await client.download(path, from: ledger.id)
                var bytes: [UInt8] = []
                _ = try await file.receive { bytes += $0.readableBytesView }
                return bytes
            } catch let error as SandfleetError where error.code == .fileNotFound {
                return nil
            }
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
