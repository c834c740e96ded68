import Model
import ProviderKit

extension Check {
    static let owners: [Check] = [
        Check("an earlier owner cannot stop, save or delete what a later one has") { bench in
            try await bench.withBox { box, tag in
                await box.detach()
                let other = try await bench.successor()
                let later = try await other.resume(bench.resumption(of: box, tag, epoch: 3))
                try await requireConflicts(bench, box, tag)
                try require(try await later.run("echo on").text == "on\n", "the later owner's box does not answer")
                await later.detach()
                if bench.driver.descriptor.persistence.isSupported {
                    // At rest it still knows.
                    try await other.stop(box.envelope, epoch: 3)
                    try await requireConflicts(bench, box, tag)
                    await (try await other.resume(bench.resumption(of: box, tag, epoch: 3))).detach()
                }
                await other.shutdown()
            }
            return .holds
        }
    ]

    private static func requireConflicts(_ bench: Bench, _ box: any Box, _ tag: BoxTag) async throws {
        let stop = try await refusal(of: "a stop by an earlier owner") {
            try await bench.driver.stop(box.envelope, epoch: 2)
        }
        try require(stop == .conflict, "a stop is refused as \(stop)")
        let delete = try await refusal(of: "a deletion by an earlier owner") {
            try await bench.driver.delete(box.envelope, epoch: 2)
        }
        try require(delete == .conflict, "a deletion is refused as \(delete)")
        guard bench.driver.descriptor.snapshots.isSupported else { return }
        let capture = try await refusal(of: "a snapshot by an earlier owner") {
            let capture = BoxCapture(archive: Bench.newID(), envelope: box.envelope, sandbox: tag.sandbox, epoch: 2)
            _ = try await bench.driver.capture(capture)
        }
        try require(capture == .conflict, "a snapshot is refused as \(capture)")
    }
}
