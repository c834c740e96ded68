import Crypto
import CurlTransport
import FleetTesting
import Foundation
import Glibc
import NIOCore
import SandfleetClient
import Testing

/// Every byte, once and in order, whatever is killed meanwhile.
@Suite(.serialized) struct OutputChaosTests {
    /// Writes 50 MB of random bytes and 50 MB of text of up to four bytes a character, interleaved, and leaves the digests.
    private static let writer = """
        import hashlib, os, random, sys, time
        seed, megabytes, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
        r = random.Random(seed)
        alphabet = "abc \\n\\tßéλж→漢字🙂🧪"
        digests = [hashlib.sha256(), hashlib.sha256()]
        left = [megabytes * 500_000, megabytes * 500_000]
        total, began = sum(left), time.monotonic()
        page = "".join(r.choice(alphabet) for _ in range(40_000)).encode()
        while sum(left):
            i = 0 if r.random() < 0.5 and left[0] or not left[1] else 1
            n = min(left[i], r.choice([1, 3, 17, 400, 9_000, 70_000, 300_000]))
            if i == 0:
                data = r.randbytes(n)
            else:
                data = (page * (n // len(page) + 1))[:n].decode(errors="ignore").encode() or b"."
            digests[i].update(data)
            view = memoryview(data)
            while view:
                view = view[os.write(i + 1, view):]
            left[i] = max(0, left[i] - len(data))
            ahead = (total - sum(left)) / total * seconds - (time.monotonic() - began)
            if ahead > 0.05:
                time.sleep(ahead)
        open("/workspace/digests", "w").write(" ".join(d.hexdigest() for d in digests))
        sys.exit(23)
        """

    @Test func everyByteSurvivesKillsAndFreezes() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SANDFLEET_CHAOS_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64.max)
        print("SANDFLEET_CHAOS_SEED=\(seed)")
        let seconds = environment["SANDFLEET_CHAOS_SECONDS"].flatMap { Double($0) } ?? 30
        try await withAPI(workers: 2) { api in
            let sandbox = try await api.sandbox()
            _ = try await api.client.upload(.bytes(.init(string: Self.writer)), to: "writer.py", in: sandbox.id)
            let row = try await api.start(
                ["command": "python3", "args": ["writer.py", "\(seed % 1_000_000)", "100", "\(seconds)"]],
                in: sandbox
            )
            let process = try #require(row["id"] as? String)
            var readers: [SeenOutput] = []
            try await withThrowingTaskGroup(of: SeenOutput?.self) { group in
                for index in 0..<3 {
                    group.addTask { try await Self.follow(process, through: api, seed: seed &+ UInt64(index)) }
                }
                group.addTask {
                    try await Self.disturb(api, seed: seed, seconds: seconds)
                    return nil
                }
                while let seen = try await group.next() { if let seen { readers.append(seen) } }
            }
            let end = try await api.ended(process)
            #expect(end["status"] as? String == "exited", "\(end)")
            #expect(end["exitCode"] as? Int == 23)
            let wanted = try await api.shell("cat digests", in: sandbox).split(separator: " ").map(String.init)
            // And once more from the store, by somebody who was not there.
            readers.append(try await api.output(process))
            for seen in readers {
                #expect([Self.digest(seen.stdout), Self.digest(seen.stderr)] == wanted)
                #expect(seen.types.first == "status")
                #expect(seen.last?.type == "exit")
                #expect(seen.types.filter { $0 == "exit" || $0 == "error" }.count == 1)
                #expect(end["stdoutBytes"] as? Int == seen.stdout.count)
                #expect(end["stderrBytes"] as? Int == seen.stderr.count)
                #expect(end["chunkCount"] as? Int == seen.next - 1)
                // No character was ever cut.
                #expect(!seen.byteStreams.contains("stderr"))
            }
        }
    }

    /// Kills and freezes one service after another for as long as the process writes.
    private static func disturb(_ api: FleetAPI, seed: UInt64, seconds: Double) async throws {
        var random = SeededGenerator(seed: seed)
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...4000, using: &random)))
            let service = ["gateway", "worker", "worker-2", "nats", "nats"].randomElement(using: &random) ?? "nats"
            let freezes = Bool.random(using: &random)
            let pause = Int.random(in: 100...6000, using: &random)
            guard let pid = try? api.fleet.pid(of: service) else { continue }
            print("\(freezes ? "freezing" : "killing") \(service)\(freezes ? " for \(pause) ms" : "")")
            if freezes {
                kill(pid, SIGSTOP)
                try await Task.sleep(for: .milliseconds(pause))
                kill(pid, SIGCONT)
            } else {
                kill(pid, SIGKILL)
                try await api.fleet.restarted(service, after: pid)
            }
        }
    }

    /// Follows to the end, by many answers: some break, some are given up on purpose.
    private static func follow(_ process: String, through api: FleetAPI, seed: UInt64) async throws -> SeenOutput {
        var random = SeededGenerator(seed: seed)
        var seen = SeenOutput()
        let deadline = ContinuousClock.now + .seconds(240)
        while !seen.hasEnded {
            guard ContinuousClock.now < deadline else {
                Issue.record("the output of \(process) did not end; chunk \(seen.next) is next")
                return seen
            }
            var left = Int.random(in: 1...2000, using: &random)
            do {
                try await api.read(process, query: "from=\(seen.next)&follow=true", into: &seen) { _ in
                    left -= 1
                    return left > 0
                }
            } catch is HTTPTransportError {
                try await Task.sleep(for: .milliseconds(100))
            } catch let error as UnexpectedStatus where error.status >= 500 {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        return seen
    }

    private static func digest(_ data: Data) -> String {
        SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
    }
}
