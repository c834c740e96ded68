import ArchiveStore
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NameTests {
    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", ".hidden", "a.", "a/.b", "a b", "a\0b",
        "+incoming/x", "a+b", "ä", "a/b/c/d/e/f/g/h/i", String(repeating: "a", count: 129),
    ])
    func escapesAreRefused(name: String) async throws {
        try await withStore { store, root in
            let errors = [
                await #expect(throws: ArchiveError.self) { try await store.put(name, ByteBuffer(string: "x")) },
                await #expect(throws: ArchiveError.self) { _ = try await store.get(name) },
                await #expect(throws: ArchiveError.self) { try await store.delete(name) },
            ]
            #expect(errors.map(\.?.code) == [.invalidName, .invalidName, .invalidName])
            let left = try everything(below: root)
            #expect(left == [])
        }
    }

    @Test(arguments: ["a", "A-b_c.d", "1/2/3/4/5/6/7/8", "a..b/c", String(repeating: "a", count: 128)])
    func plainNamesAreTaken(name: String) async throws {
        try await withStore { store, _ in
            try await store.put(name, ByteBuffer(string: name))
            #expect(try await store.text(name) == name)
            #expect(try await store.names("") == [name])
        }
    }

    @Test func objectsAndFoldersOfOneNameDoNotMeet() async throws {
        try await withStore { store, _ in
            let names = ["a", "a/a", "a/a/a", "ab/x", "b/ab"]
            for name in names { try await store.put(name, ByteBuffer(string: "content of \(name)")) }
            for name in names { #expect(try await store.text(name) == "content of \(name)") }
            #expect(try await store.names("") == names)
            try await store.delete("a")
            #expect(try await store.names("a") == ["a/a", "a/a/a", "ab/x"])
        }
    }
}
