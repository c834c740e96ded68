import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// Prints how long saves take: `SANDFLEET_BENCH_FILES=100000 SANDFLEET_BENCH_MIB=1024`.
@Suite(.serialized, .enabled(if: isRoot && getenv("SANDFLEET_BENCH_FILES") != nil))
struct CheckpointBenchmark {
    @Test(arguments: Ground.allCases)
    func checkpoint(_ ground: Ground) async throws {
        let files = Self.number("SANDFLEET_BENCH_FILES", 100_000)
        let mebibytes = Self.number("SANDFLEET_BENCH_MIB", 1_024)
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let script = """
                import os
                data = os.urandom(\(mebibytes) * 1048576 // \(files))
                for n in range(\(files)):
                    if n % 1000 == 0: os.makedirs('d%d' % (n // 1000))
                    with open('d%d/f%d' % (n // 1000, n), 'wb') as f: f.write(data)
                """
            _ = try await box.run(
                BoxCommand(id: "fill", arguments: ["/usr/bin/python3", "-c", script], timeout: .seconds(400))
            )
            var saved: ArchiveReference?
            // On the plain file system a running box is copied, which takes longer than it may stand still.
            if ground == .btrfs {
                try await Self.time("\(ground) checkpoint, all dirty") { saved = try await fixture.capture(tag) }
                sync()
                for _ in 0..<5 {
                    try await Self.time("\(ground) checkpoint, settled") { saved = try await fixture.capture(tag) }
                }
                _ = try await box.shell("head -c 104857600 /dev/urandom > dirty")
                try await Self.time("\(ground) checkpoint, 100 MiB dirty") { saved = try await fixture.capture(tag) }
            } else {
                try await Self.time("\(ground) checkpoint of the running box") {
                    print(await failure { saved = try await fixture.capture(tag) } ?? "saved")
                }
            }
            try await fixture.driver.stop(box.envelope, epoch: 1)
            try await Self.time("\(ground) checkpoint of the stopped box") { saved = try await fixture.capture(tag) }
            let archive = try #require(saved)
            for _ in 0..<5 {
                let fork = fixture.newTag()
                try await Self.time("\(ground) fork, until a command has run") {
                    _ = try await fixture.create(from: archive, fork).shell("test -e d0/f0")
                }
                try await Self.time("\(ground) delete") {
                    try await fixture.driver.delete(fixture.envelope(fork.box.rawValue), epoch: 1)
                }
            }
        }
    }

    private static func time(_ name: String, _ body: () async throws -> Void) async throws {
        let start = ContinuousClock.now
        try await body()
        print("BENCH \(name): \(ContinuousClock.now - start)")
    }

    private static func number(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }
}
