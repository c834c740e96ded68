import FleetTesting
import Foundation
import NIOCore
import SandfleetClient

/// Many kinds of work on one machine at once, each by a caller that goes on until the time is over.
struct MachineLoad: Sendable {
    struct Outcome: Sendable {
        var counts: [String: Int] = [:]
        var failures: [String] = []

        var sum: Int { counts.values.reduce(0, +) }
    }

    private typealias Work = @Sendable (Sandbox, Int) async throws -> Void

    let api: FleetAPI
    let machine: UserMachine
    let end: ContinuousClock.Instant

    init(api: FleetAPI, machine: UserMachine, until end: ContinuousClock.Instant) {
        self.api = api
        self.machine = machine
        self.end = end
    }

    func run() async throws -> Outcome {
        let bytes = ByteBuffer(bytes: (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) })
        let works: [(String, Work)] = [
            (
                "commands",
                { sandbox, turn in
                    let text = try await api.shell("echo \(turn)", in: sandbox)
                    guard text == "\(turn)\n" else { throw FixtureError("`\(text)` for \(turn)") }
                }
            ),
            (
                "commands with much output",
                { sandbox, _ in
                    let answer = try await api.run(["command": "head -c 400000 /dev/zero | tr '\\0' x"], in: sandbox)
                    guard answer["stdoutBytes"] as? Int ?? (answer["stdout"] as? String)?.utf8.count == 400_000 else {
                        throw FixtureError("\(answer.body.prefix(300))")
                    }
                }
            ),
            (
                "files there and back",
                { sandbox, turn in
                    _ = try await api.client.upload(.bytes(bytes), to: "file-\(turn % 5)", in: sandbox.id)
                    var back = ByteBuffer()
                    for try await part in try await api.client.download("file-\(turn % 5)", from: sandbox.id).bytes {
                        back.writeImmutableBuffer(part)
                    }
                    guard back == bytes else { throw FixtureError("other bytes came back") }
                }
            ),
            ("listings", { sandbox, _ in _ = try await api.client.directory(".", in: sandbox.id) }),
            (
                "processes that are ended",
                { sandbox, _ in
                    let process = try await api.start(["command": "while sleep 0.1; do echo on; done"], in: sandbox)
                    guard let id = process["id"] as? String else { throw FixtureError(process.body) }
                    try await Task.sleep(for: .milliseconds(300))
                    _ = try await api.client.cancelProcess(id)
                }
            ),
        ]
        return try await withThrowingTaskGroup(of: (String, Int, [String]).self) { group in
            for (kind, work) in works {
                group.addTask {
                    let sandbox = try await api.sandbox(on: machine) { $0.selfhosted = SelfHosted(directory: kind) }
                    let result = await repeated { try await work(sandbox, $0) }
                    try await api.client.deleteSandbox(sandbox.id)
                    return (kind, result.0, result.1)
                }
            }
            group.addTask {
                let result = await repeated { _ in
                    let sandbox = try await api.sandbox(on: machine)
                    _ = try await api.shell("true", in: sandbox)
                    try await api.client.deleteSandbox(sandbox.id)
                }
                return ("sandboxes", result.0, result.1)
            }
            return try await group.reduce(into: Outcome()) { outcome, part in
                outcome.counts[part.0] = part.1
                outcome.failures += part.2.map { "\(part.0): \($0)" }
            }
        }
    }

    private func repeated(_ work: (Int) async throws -> Void) async -> (Int, [String]) {
        var (count, failures) = (0, [String]())
        while ContinuousClock.now < end {
            do {
                try await work(count)
                count += 1
            } catch {
                failures.append("\(error)")
                if failures.count > 20 { break }
            }
        }
        return (count, failures)
    }
}
