import ArchiveStore
import Foundation
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ObjectTests {
    @Test(arguments: [0, 1, 262_144, 262_145, 3_000_000])
    func everyByteComesBack(count: Int) async throws {
        try await withStore { store, _ in
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31 / 7) }
            let stored = try await store.put("output/process/1") { writer in
                for start in stride(from: 0, to: count, by: 100_000) {
                    try await writer.write(ByteBuffer(bytes: bytes[start..<min(count, start + 100_000)]))
                }
            }
            #expect(stored == Int64(count))
            let object = try await store.get("output/process/1")
            #expect(object.size == Int64(count))
            #expect(try await store.bytes("output/process/1") == bytes)
            // An object can be read again, and by another process.
            var again = 0
            for try await piece in object { again += piece.readableBytes }
            #expect(again == count)
        }
    }

    @Test func objectsOutliveTheStoreThatWroteThem() async throws {
        try await withStore { store, root in
            try await store.put("a/b", ByteBuffer(string: "kept"))
            #expect(try await DirectoryArchiveStore(root).text("a/b") == "kept")
        }
    }

    @Test func absentObjects() async throws {
        try await withStore { store, _ in
            let error = await #expect(throws: ArchiveError.self) { try await store.get("output/none/1") }
            #expect(error?.code == .notFound)
            try await store.delete("output/none/1")
            #expect(try await store.names("output/none/") == [])
        }
    }

    @Test func laterPutReplacesAndReadersKeepWhatTheyOpened() async throws {
        try await withStore { store, _ in
            try await store.put("x", ByteBuffer(string: "old"))
            let opened = try await store.get("x")
            try await store.put("x", ByteBuffer(string: "newer"))
            #expect(String(buffer: try await opened.collect(upTo: 10)) == "old")
            #expect(try await store.text("x") == "newer")
            try await store.delete("x")
            #expect(String(buffer: try await opened.collect(upTo: 10)) == "old")
        }
    }

    @Test func failedPutLeavesNothing() async throws {
        try await withStore { store, root in
            try await store.put("kept/x", ByteBuffer(string: "old"))
            let before = try everything(below: root)
            for name in ["kept/x", "fresh/y"] {
                await #expect(throws: Interruption.self) {
                    try await store.put(name) { writer in
                        try await writer.write(ByteBuffer(string: "half of it"))
                        throw Interruption()
                    }
                }
            }
            #expect(try everything(below: root) == before)
            #expect(try await store.text("kept/x") == "old")
        }
    }

    @Test func cancelledPutLeavesNothing() async throws {
        try await withStore { store, root in
            try await store.put("x", ByteBuffer(string: "old"))
            let before = try everything(below: root)
            await withThrowingTaskGroup(of: Void.self) { group in
                let (began, continuation) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    try await store.put("x") { writer in
                        try await writer.write(ByteBuffer(string: "half of it"))
                        continuation.yield()
                        while true { try await writer.write(ByteBuffer(string: "more")) }
                    }
                }
                for await _ in began { break }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
            #expect(try everything(below: root) == before)
            #expect(try await store.text("x") == "old")
        }
    }

    @Test func nothingIsThereBeforeThePutReturns() async throws {
        try await withStore { store, root in
            try await store.put("folder/x") { writer in
                try await writer.write(ByteBuffer(string: "half"))
                await #expect(throws: ArchiveError.self) { try await store.get("folder/x") }
                #expect(try await store.names("") == [])
            }
            #expect(try await store.names("") == ["folder/x"])
            #expect(try everything(below: root).filter { $0.hasPrefix("+incoming/") } == [])
        }
    }

    @Test func cutObjectIsDamagedNotShort() async throws {
        try await withStore { store, root in
            try await store.put("x", ByteBuffer(repeating: 1, count: 1_000_000))
            let object = try await store.get("x")
            let file = try FileHandle(forWritingTo: URL(filePath: "\(root)/x"))
            try file.truncate(atOffset: 500_000)
            let error = await #expect(throws: ArchiveError.self) { try await object.collect(upTo: 1_000_000) }
            #expect(error?.code == .damaged)
        }
    }

    @Test func directoryThatIsAwayIsNotAnEmptyOne() async throws {
        let store = DirectoryArchiveStore("/nonexistent/archive")
        await #expect(throws: ArchiveError.self) { try await store.check() }
        let error = await #expect(throws: ArchiveError.self) { try await store.get("x") }
        #expect(error?.code == .unavailable)
        let put = await #expect(throws: ArchiveError.self) { try await store.put("x", ByteBuffer()) }
        let list = await #expect(throws: ArchiveError.self) { _ = try await store.names("") }
        #expect(put?.code == .unavailable && list?.code == .unavailable)
        try await withStore { store, _ in try await store.check() }
    }
}
