import ContractServer
import NIOConcurrencyHelpers
import NIOCore
import SandfleetClient
import Testing

@Suite struct FileTests {
    @Test func aFileGoesThereAndBack() async throws {
        try await withSandbox { client, sandbox, _ in
            let size = 5_000_000
            let blocks = AsyncStream<ByteBuffer> { continuation in
                for index in 0..<50 { continuation.yield(ByteBuffer(repeating: UInt8(index), count: size / 50)) }
                continuation.finish()
            }
            let progress = NIOLockedValueBox<[Int]>([])
            let path = "/dir with spaces/ü&x=1.bin"
            let stored = try await client.upload(.stream(length: size, blocks), to: path, in: sandbox, mode: 0o755) {
                bytes in progress.withLockedValue { $0.append(bytes) }
            }
            #expect(stored.size == size && stored.mode == "0755" && stored.path == path)
            let steps = progress.withLockedValue { $0 }
            #expect(steps.last == size && steps == steps.sorted() && steps.count == 50)

            let download = try await client.download(path, from: sandbox)
            #expect(download.size == size && download.mode == 0o755)
            var last = 0
            let receipt = try await download.receive(progress: { last = $0 }, { _ in })
            #expect(receipt.size == size && receipt.sha256 == stored.sha256 && last == size)

            let listing = try await client.directory("/dir with spaces", in: sandbox)
            #expect(listing.entries.map(\.name) == ["ü&x=1.bin"])
            #expect(listing.entries.first?.type == .file && listing.entries.first?.mode == "0755")
            try await client.deleteFile(path, in: sandbox)
            await expectError(.fileNotFound) { _ = try await client.download(path, from: sandbox) }
            try await client.deleteFile("/dir with spaces", in: sandbox, recursive: true)
        }
    }

    @Test func aCorruptedUploadIsNoticed() async throws {
        try await withSandbox { client, sandbox, _ in
            await expectError(.digestMismatch) {
                _ = try await client.upload(.bytes(ByteBuffer(string: "data")), to: "/corrupt", in: sandbox)
            }
        }
    }

    @Test func whatTheSourceThrowsComesBack() async throws {
        struct SourceFailure: Error {}
        try await withSandbox { client, sandbox, _ in
            let source = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish(throwing: SourceFailure()) }
            await #expect(throws: SourceFailure.self) {
                _ = try await client.upload(.stream(source), to: "/x", in: sandbox)
            }
        }
    }

    @Test func archivesGoThereAndBack() async throws {
        try await withSandbox { client, sandbox, _ in
            _ = try await client.runCommand(.shell("mkdir -p a/b && echo deep > a/b/c"), in: sandbox)
            let archive = try await client.downloadArchive(of: "/a", from: sandbox)
            try await client.uploadArchive(.stream(archive), into: "/copy", in: sandbox)
            #expect(try await client.runCommand(.shell("cat copy/b/c"), in: sandbox).stdout == "deep\n")
        }
    }
}
