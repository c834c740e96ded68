import NIOCore
import Testing

@testable import DockerDriver

struct DirectoryTests {
    private let owner = BoxUser(uid: 7, gid: 8)

    private func directory(_ change: (inout TarFile) -> Void = { _ in }) -> ByteBuffer {
        var tar = TarFile()
        tar.add(directory: "data", mode: 0o1770, owner: owner)
        change(&tar)
        tar.finish()
        return tar.bytes
    }

    @Test func anEmptyOneIsKnownByItsEnd() {
        let bytes = directory()
        let expected = DirectoryListing.Directory(owner: owner, mode: 0o1770)
        #expect(DirectoryListing.verdict(on: bytes) == .empty(expected))
        // As it comes in pieces.
        for length in 0..<1024 {
            let beginning = bytes.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(DirectoryListing.verdict(on: beginning) == .undecided)
        }
    }

    @Test func oneWithSomethingInItIsNotEmpty() {
        let bytes = directory { $0.add(file: "data/f", mode: 0o644, owner: .root, content: ByteBuffer(string: "x")) }
        #expect(DirectoryListing.verdict(on: bytes) == .other)
        #expect(DirectoryListing.verdict(on: bytes.getSlice(at: 0, length: 1024) ?? ByteBuffer()) == .other)
    }

    @Test func aFileIsNoDirectory() {
        var tar = TarFile()
        tar.add(file: "data", mode: 0o644, owner: .root, content: ByteBuffer(string: "x"))
        tar.finish()
        #expect(DirectoryListing.verdict(on: tar.bytes) == .other)
    }
}
