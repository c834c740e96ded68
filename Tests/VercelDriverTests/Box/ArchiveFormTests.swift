import FleetTesting
import FoundationEssentials
import NIOCore
import Testing

@testable import VercelDriver

@Suite struct ArchiveFormTests {
    @Test(arguments: [0, 1, 511, 512, 513, 65_535, 65_536, 300_000])
    func othersUnpackIt(size: Int) async throws {
        let content = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let archive = Gzip.stored(TarFile.of("tmp/some-program", content, mode: 0o755))
        try await withTemporaryDirectory { folder in
            try Data(archive.readableBytesView).write(to: URL(filePath: "\(folder)/archive.tar.gz"))
            try await Tool.run("/usr/bin/env", ["tar", "-C", folder, "-xzf", "\(folder)/archive.tar.gz"])
            let file = "\(folder)/tmp/some-program"
            #expect(try Data(contentsOf: URL(filePath: file)) == Data(content.readableBytesView))
            #expect(try await Tool.run("/usr/bin/env", ["stat", "-c", "%a", file]) == "755")
        }
    }
}
