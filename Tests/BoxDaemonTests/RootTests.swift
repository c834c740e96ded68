import BoxClient
import Foundation
import NIOCore
import Testing

/// A directory that neither paths nor links lead out of.
@Suite struct RootTests {
    private static let refused = BoxError(.outsideRoot)

    @Test func pathsBelowAreAsEver() async throws {
        try await BoxFixture.withRoot { box, directory in
            let connection = try await box.connect()
            #expect(try await connection.readFile(directory + "/inner/file") == ByteBuffer(string: "inside"))
            #expect(try await connection.stat(directory + "/inner").kind == .directory)
            await #expect(throws: BoxError(.notFound, errno: ENOENT)) {
                try await connection.writeFile("a/b/../c/./file", ByteBuffer(string: "deep"), createParents: false)
            }
            try await connection.makeDirectory("a/b")
            try await connection.makeDirectory("a/c/")
            try await connection.writeFile("a/b/../c/./file", ByteBuffer(string: "deep"))
            #expect(try await connection.readFile("a/c/file") == ByteBuffer(string: "deep"))
            // Links within it are followed, also by whoever replaces a file.
            try FileManager.default.createSymbolicLink(atPath: box.workspace + "/to", withDestinationPath: "a/b/up")
            try FileManager.default.createSymbolicLink(atPath: box.workspace + "/a/b/up", withDestinationPath: "../../file")
            try await connection.writeFile("to", ByteBuffer(string: "through"), mode: 0o600)
            #expect(try await connection.readFile("file") == ByteBuffer(string: "through"))
            #expect(try await connection.stat("to", followsLinks: false).target == "a/b/up")
            #expect(try await connection.stat("to").size == 7)
            try await connection.rename("a/c", to: "real/moved")
            #expect(try await connection.stat("real/moved/file").size == 4)
            let run = try await connection.run(.shell("pwd; cat file") { $0.workingDirectory = "real/moved" })
            #expect(String(buffer: run.stdout) == box.workspace + "/real/moved\ndeep")
            try await connection.remove("real", recursive: true)
            try await connection.remove("to")
            #expect(try await connection.readFile("file") == ByteBuffer(string: "through"))
            await #expect(throws: BoxError(.badWorkingDirectory, errno: ENOENT)) {
                _ = try await connection.run(.program("true", in: "nowhere"))
            }
            // Not the root itself, and not what only stands for it.
            for path in [".", "a/..", directory + "/inner", directory + "/inner/"] {
                await #expect(throws: BoxError(.invalid, errno: EINVAL)) {
                    try await connection.remove(path, recursive: true)
                }
            }
            #expect(try await connection.stat("a/b").kind == .directory)
        }
    }

    @Test func whatLeadsOutIsRefused() async throws {
        try await BoxFixture.withRoot { box, directory in
            let connection = try await box.connect()
            let files = FileManager.default
            try files.createSymbolicLink(atPath: box.workspace + "/up", withDestinationPath: "../outside")
            try files.createSymbolicLink(atPath: box.workspace + "/absolute", withDestinationPath: directory + "/outside")
            try files.createSymbolicLink(atPath: box.workspace + "/new", withDestinationPath: "../outside/new")
            let leading = [
                "../outside", "real/../../outside", "up", "absolute", directory + "/outside", directory + "/inner/../outside",
                directory + "/innerspace", "/etc",
            ]
            for path in leading {
                await #expect(throws: Self.refused, "\(path)") { _ = try await connection.readFile(path + "/file") }
                await #expect(throws: Self.refused, "\(path)") { _ = try await connection.stat(path + "/file") }
                await #expect(throws: Self.refused, "\(path)") { _ = try await connection.list(path) }
                await #expect(throws: Self.refused, "\(path)") {
                    try await connection.writeFile(path + "/file", ByteBuffer(string: "x"))
                }
                await #expect(throws: Self.refused, "\(path)") { try await connection.makeDirectory(path + "/new/er") }
                await #expect(throws: Self.refused, "\(path)") {
                    try await connection.remove(path + "/tree", recursive: true)
                }
                await #expect(throws: Self.refused, "\(path)") { try await connection.rename(path + "/file", to: "x") }
                await #expect(throws: Self.refused, "\(path)") { try await connection.rename("file", to: path + "/x") }
                await #expect(throws: Self.refused, "\(path)") { _ = try await connection.run(.program("true", in: path)) }
            }
            await #expect(throws: Self.refused) { try await connection.writeFile("new", ByteBuffer(string: "x")) }
            await #expect(throws: Self.refused) { _ = try await connection.stat("..") }
            await #expect(throws: Self.refused) { try await connection.remove("..", recursive: true) }
            await #expect(throws: Self.refused) { _ = try await connection.stat("up") }
            await #expect(throws: Self.refused) { try await connection.makeDirectory("up") }
            // Links are shown, and removed, themselves.
            let link = try await connection.stat("up", followsLinks: false)
            #expect(link.kind == .symbolicLink && link.target == "../outside")
            var names: Set<String> = []
            let listing = try await connection.list(".")
            while let page = try await listing.next() {
                names.formUnion(page.map(\.name))
            }
            #expect(names == ["file", "real", "up", "absolute", "new"])
            try await connection.makeDirectory("full/of")
            try await connection.rename("up", to: "full/of/links")
            try await connection.remove("full", recursive: true)
            try await connection.remove("absolute", recursive: true)
        }
    }
}
