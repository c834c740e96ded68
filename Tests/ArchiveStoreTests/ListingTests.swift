import ArchiveStore
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ListingTests {
    @Test func beginningsOfNames() async throws {
        try await withStore { store, _ in
            let names = ["output/p1/1", "output/p1/10", "output/p1/2", "output/p2/1", "other/p1/1", "top"]
            for name in names { try await store.put(name, ByteBuffer()) }
            #expect(try await store.names("") == names.sorted())
            #expect(try await store.names("output/p1/") == ["output/p1/1", "output/p1/10", "output/p1/2"])
            #expect(try await store.names("output/p1/1") == ["output/p1/1", "output/p1/10"])
            #expect(try await store.names("output/p") == ["output/p1/1", "output/p1/10", "output/p1/2", "output/p2/1"])
            #expect(try await store.names("o") == names.filter { $0 != "top" }.sorted())
            #expect(try await store.names("output/p1") == ["output/p1/1", "output/p1/10", "output/p1/2"])
            #expect(try await store.names("p1") == [])
            await #expect(throws: ArchiveError.self) { try await store.names("../") }
            await #expect(throws: ArchiveError.self) { try await store.names("a/../") }
        }
    }

    @Test func moreThanAPage() async throws {
        try await withStore { store, _ in
            let names = (0..<700).map { "many/folder\($0 % 40)/\($0)" }
            for name in names { try await store.put(name, ByteBuffer()) }
            #expect(try await store.names("many/") == names.sorted())
        }
    }

    @Test func objectsMayGoWhileTheyAreListed() async throws {
        try await withStore { store, root in
            let names = (0..<600).map { "many/folder\($0 % 50)/\($0)" }
            for name in names { try await store.put(name, ByteBuffer()) }
            var seen: Set<String> = []
            for try await name in try await store.list("many/") {
                seen.insert(name)
                try await store.delete(name)
            }
            #expect(seen == Set(names))
            // Folders without objects are gone as well.
            #expect(try everything(below: root) == ["+incoming"])
        }
    }
}
