import ArchiveStore
import Compression
import Model
import NIOCore
import ProcessOutput
import ServiceHost
import Testing

@Suite(.timeLimit(.minutes(2)))
struct SegmentDamageTests {
    @Test func damageIsToldAndNothingWrongIsRead() async throws {
        try await SegmentFixture.with { fixture in
            let batches = try await fixture.write(batches: 4, bytes: 600, ends: true)
            let reference = try #require(try await fixture.archiveAll(limit: 1 << 20).first)
            let bytes = Array(try await fixture.archive.get(reference.object).collect(upTo: 1 << 20).readableBytesView)
            let isTold = { (damaged: [UInt8]) async throws -> Bool in
                try await fixture.archive.put(reference.object, ByteBuffer(bytes: damaged))
                let error = try await outputError {
                    // A bit of the frame's header may say nothing about its content.
                    let read = try await fixture.batches(of: reference)
                    #expect(read == batches)
                }
                guard let error else { return false }
                guard case .malformed = error else { throw Unexpected(error: error) }
                return true
            }
            var told = 0
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(index % 8)
                if try await isTold(damaged) { told += 1 }
            }
            #expect(told >= bytes.count - 8)
            for length in bytes.indices { #expect(try await isTold(Array(bytes[..<length]))) }
            #expect(try await isTold(bytes + [0]))
            #expect(try await isTold(bytes + bytes))
            #expect(try await !isTold(bytes))
        }
    }

    @Test func pieceThatIsNotTheOneThatIsMeant() async throws {
        try await SegmentFixture.with { fixture in
            _ = try await fixture.write(batches: 6, bytes: 600, ends: true)
            let reference = try #require(try await fixture.archiveAll(limit: 1 << 20).first)
            let object = try await fixture.archive.get(reference.object).collect(upTo: 1 << 20)
            var others = Array(repeating: reference, count: 3)
            others[0].firstSequence += 1
            others[1].lastSequence += 1
            others[2].object = "output/\(ProcessID.now())/1-2"
            try await fixture.archive.put(others[2].object, object)
            for other in others {
                let error = try await outputError { _ = try await fixture.batches(of: other) }
                guard case .malformed = error else { throw Unexpected(error: error) }
            }
        }
    }

    @Test func objectThatIsGoneHasExpired() async throws {
        try await SegmentFixture.with { fixture in
            _ = try await fixture.write(batches: 3, bytes: 600, ends: true)
            let reference = try #require(try await fixture.archiveAll(limit: 1 << 20).first)
            try await fixture.archive.delete(reference.object)
            let error = try await outputError { _ = try await fixture.batches(of: reference) }
            guard case .expired(let last) = error else { throw Unexpected(error: error) }
            #expect(last == reference.lastSequence)
        }
    }

    @Test func archiveThatIsAwayIsNotALoss() async throws {
        let reference = SegmentReference(
            firstSequence: 1,
            lastSequence: 2,
            stdoutStart: 0,
            stdoutEnd: 0,
            stderrStart: 0,
            stderrEnd: 0,
            streamSequence: 2,
            object: "output/\(ProcessID.now())/1-2"
        )
        for archive in [nil, DirectoryArchiveStore("/nonexistent/archive")] {
            let error = try await outputError { _ = try await ArchivedSegments(archive).batches(of: reference) }
            guard case .unavailable = error else { throw Unexpected(error: error) }
        }
    }

    /// Lengths that nothing backs make nobody wait for bytes or make room for them.
    @Test(arguments: [UInt16(1025), .max], [UInt32(0), UInt32(ChunkBatch.maximumLength) + 1, .max])
    func lengthsAreBounded(header: UInt16, body: UInt32) async throws {
        let process = ProcessID.now()
        var plain = ByteBuffer()
        plain.writeMultipleIntegers(UInt32(0x5346_5347), UInt16(1))
        plain.writeString(process.rawValue)
        plain.writeInteger(UInt64(1))
        plain.writeInteger(header)
        plain.writeRepeatingByte(UInt8(ascii: "1"), count: Int(header))
        plain.writeInteger(body)
        var compressor = try ZstdCompressor()
        var frame = ByteBuffer()
        try compressor.compress(plain, into: &frame)
        for _ in 0..<64 { try compressor.compress(ByteBuffer(repeating: 0, count: 1 << 20), into: &frame) }
        try compressor.finish(into: &frame)
        let store = OneObject(bytes: frame)
        let reference = SegmentReference(
            firstSequence: 1,
            lastSequence: 1,
            stdoutStart: 0,
            stdoutEnd: 0,
            stderrStart: 0,
            stderrEnd: 0,
            streamSequence: 1,
            object: "output/\(process)/1-1"
        )
        let error = try await outputError {
            _ = try await ArchivedSegments(store).batches(of: reference).next()
        }
        guard case .malformed = error else { throw Unexpected(error: error) }
    }
}

/// An archive that answers every name with the same bytes.
private struct OneObject: ArchiveStore {
    let bytes: ByteBuffer

    func put(_ name: String, _ body: (any ArchiveWriter) async throws -> Void) async throws -> Int64 { 0 }
    func delete(_ name: String) async throws {}
    func list(_ prefix: String) async throws -> ArchiveListing { ArchiveListing { [] } }

    func get(_ name: String) async throws -> ArchiveObject {
        let bytes = bytes
        return ArchiveObject(size: Int64(bytes.readableBytes)) { offset in
            bytes.getSlice(at: Int(offset), length: min(4096, bytes.readableBytes - Int(offset))) ?? ByteBuffer()
        }
    }
}
