import Model
import NIOCore
import ProviderKit

extension Check {
    static let snapshots: [Check] = [
        Check("files are saved, and another box begins with them") { bench in
            let archive: ArchiveID = Bench.newID()
            if case .no(let reason) = bench.driver.descriptor.snapshots {
                try await bench.withBox { box, tag in
                    let kind = try await refusal(of: "a snapshot") {
                        _ = try await bench.driver.capture(capture(archive, box, tag))
                    }
                    try require(kind == .unsupported, "it is refused as \(kind)")
                }
                return .refused(reason)
            }
            try await bench.withBox { box, tag in
                try await box.put(ByteBuffer(string: "saved"), at: "saved", mode: 0o700)
                let reference = try await bench.driver.capture(capture(archive, box, tag))
                let again = try await bench.driver.capture(capture(archive, box, tag))
                try require(reference.id == again.id, "asked again, another archive was made")
                try require(try await bench.driver.archives().filter { $0 == archive }.count == 1, "it is not listed")
                try await bench.driver.delete(box.envelope, epoch: .max)
                let restored = try await bench.driver.create(
                    bench.creation(bench.tag(sandbox: tag.sandbox, epoch: 2), source: reference)
                )
                try require(try await restored.contents("saved") == ByteBuffer(string: "saved"), "not restored")
                try require(try await restored.stat("saved").mode == 0o700, "modes are lost")
                let fork = try await bench.driver.create(bench.creation(source: reference))
                try require(try await fork.run("cat saved").text == "saved", "a fork does not begin with them")
                for box in [restored, fork] {
                    await box.detach()
                    try await bench.driver.delete(box.envelope, epoch: .max)
                }
                try await bench.driver.discard(archive)
                try await bench.driver.discard(archive)
                try require(try await !bench.driver.archives().contains(archive), "it is still listed")
            }
            return .holds
        }
    ]

    private static func capture(_ archive: ArchiveID, _ box: any Box, _ tag: BoxTag) -> BoxCapture {
        BoxCapture(archive: archive, envelope: box.envelope, sandbox: tag.sandbox, epoch: tag.epoch)
    }
}
