import ArchiveStore
import Foundation
import NIOCore
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct TroubleTests {
    @Test func leftoversOfDeadWritersAreRemovedAndLiveOnesSpared() async throws {
        try await withStore { store, root in
            try await store.put("first", ByteBuffer())
            try Data("left by a crash".utf8).write(to: URL(filePath: "\(root)/+incoming/12345"))
            try await store.put("second") { writer in
                try await writer.write(ByteBuffer(string: "of a living writer"))
                // Another process comes up, and looks for what is abandoned.
                try await DirectoryArchiveStore(root).put("third", ByteBuffer())
            }
            #expect(try await store.text("second") == "of a living writer")
            #expect(try everything(below: root) == ["+incoming", "first", "second", "third"])
        }
    }

    /// Folders that become empty are removed while others put objects into them.
    @Test func putsAndDeletesInOneFolderDoNotHarmEachOther() async throws {
        try await withStore { store, root in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for round in 0..<150 {
                            let name = "folder/deeper/\(worker)"
                            try await store.put(name, ByteBuffer(string: "\(round)"))
                            #expect(try await store.text(name) == "\(round)")
                            try await store.delete(name)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try everything(below: root) == ["+incoming"])
        }
    }

    @Test func concurrentPutsOfOneNameLeaveOneOfThemWhole() async throws {
        try await withStore { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for _ in 0..<20 {
                            try await store.put("contested") { writer in
                                for _ in 0..<4 { try await writer.write(ByteBuffer(repeating: UInt8(worker), count: 5000)) }
                            }
                            let bytes = try await store.bytes("contested")
                            #expect(bytes.count == 20_000 && Set(bytes).count == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func bigObjectsTakeNoMemory() async throws {
        try await withStore { store, _ in
            let piece = ByteBuffer(repeating: 7, count: 1 << 20)
            let before = try residentBytes()
            try await store.put("big") { writer in
                for _ in 0..<256 { try await writer.write(piece) }
            }
            var count = 0
            for try await piece in try await store.get("big") { count += piece.readableBytes }
            #expect(count == 256 << 20)
            #expect(try residentBytes() - before < 64 << 20)
        }
    }
}
