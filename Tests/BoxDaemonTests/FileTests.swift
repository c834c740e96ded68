import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct FileTests {
    @Test func aReaderSeesTheOldFileOrTheNewOne() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let contents = [ByteBuffer(repeating: 1, count: 700_000), ByteBuffer(repeating: 2, count: 300_000)]
            try await connection.writeFile("file", contents[0])
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var seen = 0
                    while !Task.isCancelled {
                        let read = try await connection.readFile("file")
                        #expect(contents.contains(read))
                        seen += 1
                    }
                    return seen
                }
                for round in 1...100 {
                    try await connection.writeFile("file", contents[round % 2])
                }
                group.cancelAll()
                while let result = await group.nextResult() {
                    if case .failure(let error) = result {
                        #expect(error is CancellationError)
                    }
                }
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: box.workspace)
            #expect(names == ["file"])
        }
    }

    @Test func writesAreWholeOrDoNotHappen() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let old = ByteBuffer(string: "old")
            try await connection.writeFile("file", old, mode: 0o750)
            let short = try await connection.openWrite("file")
            try await short.write(ByteBuffer(string: "new contents"))
            await #expect(throws: BoxError(.sizeMismatch)) { _ = try await short.commit(size: 5) }
            do {
                let dropped = try await connection.openWrite("file")
                try await dropped.write(ByteBuffer(string: "x"))
            }
            let client = try await box.connect()
            let abandoned = try await client.openWrite("file")
            try await abandoned.write(ByteBuffer(string: "y"))
            client.close()
            #expect(try await connection.readFile("file") == old)
            try await eventually("no part is left") {
                try FileManager.default.contentsOfDirectory(atPath: box.workspace) == ["file"]
            }
            let info = try await connection.writeFile("file", ByteBuffer(string: "four"))
            #expect(info.size == 4 && info.mode == 0o750 && info.kind == .regular)
            try FileManager.default.createSymbolicLink(atPath: box.workspace + "/link", withDestinationPath: "file")
            try await connection.writeFile("link", ByteBuffer(string: "through"))
            #expect(try await connection.readFile("file") == ByteBuffer(string: "through"))
            #expect(try await connection.stat("link", followsLinks: false).target == "file")
        }
    }

    @Test func pathsThatCannotBeAreRefused() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            try await connection.makeDirectory("directory/inner")
            try await connection.writeFile("file", ByteBuffer(string: "x"))
            let empty = ByteBuffer()
            await #expect(throws: BoxError(.isDirectory, errno: EISDIR)) {
                try await connection.writeFile("directory", empty)
            }
            await #expect(throws: BoxError(.isDirectory, errno: EISDIR)) {
                _ = try await connection.openRead("directory")
            }
            await #expect(throws: BoxError(.notFound, errno: ENOENT)) {
                try await connection.writeFile("a/b/c", empty, createParents: false)
            }
            await #expect(throws: BoxError(.notDirectory, errno: ENOTDIR)) {
                try await connection.writeFile("file/below", empty)
            }
            await #expect(throws: BoxError(.notDirectory, errno: ENOTDIR)) {
                try await connection.makeDirectory("file")
            }
            await #expect(throws: BoxError(.invalid, errno: EINVAL)) { _ = try await connection.stat("a\0b") }
            await #expect(throws: BoxError(.invalid, errno: EINVAL)) { _ = try await connection.openRead("/dev/null") }
            await #expect(throws: BoxError(.notEmpty, errno: ENOTEMPTY)) { try await connection.remove("directory") }
            await #expect(throws: BoxError(.notFound, errno: ENOENT)) { try await connection.remove("nothing") }
            try await connection.writeFile("a/b/c", ByteBuffer(string: "deep"))
            #expect(try await connection.readFile(box.workspace + "/a/b/c") == ByteBuffer(string: "deep"))
            try await connection.rename("a/b/c", to: "moved")
            #expect(try await connection.stat("moved").size == 4)
        }
    }

    @Test func whatALinkLeadsToIsReplacedAndALinkToNothingItself() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            try await connection.makeDirectory("other")
            let links = [
                "first": "other/second", "other/second": box.workspace + "/other/file", "nothing": "no/where",
                "circle": "other/../circle",
            ]
            for (name, target) in links {
                try FileManager.default.createSymbolicLink(atPath: box.workspace + "/" + name, withDestinationPath: target)
            }
            try await connection.writeFile("other/file", ByteBuffer(string: "old"), mode: 0o700)
            #expect(try await connection.writeFile("first", ByteBuffer(string: "new")).mode == 0o700)
            #expect(try await connection.readFile("other/file") == ByteBuffer(string: "new"))
            #expect(try await connection.stat("first", followsLinks: false).kind == .symbolicLink)
            try await connection.writeFile("nothing", ByteBuffer(string: "here"))
            #expect(try await connection.stat("nothing", followsLinks: false).kind == .regular)
            await #expect(throws: BoxError(.invalid, errno: ELOOP)) {
                try await connection.writeFile("circle", ByteBuffer(string: "x"))
            }
        }
    }

    /// It used to be emptied before it was found that it could not go.
    @Test func aDirectoryIsNotRemovedByItsOwnDot() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            try await connection.writeFile("directory/file", ByteBuffer(string: "x"))
            for path in [".", "directory/.", "directory/.."] {
                await #expect(throws: BoxError(.invalid, errno: EINVAL), "\(path)") {
                    try await connection.remove(path, recursive: true)
                }
            }
            #expect(try await connection.stat("directory/file").size == 1)
            try await connection.remove("directory/", recursive: true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: box.workspace).isEmpty)
        }
    }

    /// A fifo would keep whoever opens it waiting for ever (failure 28).
    @Test func aFifoDoesNotHangItsReader() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            #expect(mkfifo(box.workspace + "/fifo", 0o600) == 0)
            await #expect(throws: BoxError(.invalid, errno: EINVAL)) { _ = try await connection.openRead("fifo") }
            try await connection.ping()
        }
    }

    @Test func largeDirectoriesAreListedAndRemovedInSlices() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let make = try await connection.run(
                .shell(
                    "mkdir -p many/sub/deep && cd many && seq 1 9997 | xargs touch && ln -s / root && touch sub/deep/x"
                )
            )
            #expect(make.exit.code == 0)
            let listing = try await connection.list("many", pageSize: 700)
            var names: Set<String> = []
            var pages = 0
            while let page = try await listing.next() {
                #expect(page.count <= 700)
                names.formUnion(page.map(\.name))
                pages += 1
                if let link = page.first(where: { $0.name == "root" }) {
                    #expect(link.kind == .symbolicLink && link.target == "/")
                }
            }
            #expect(names == Set((1...9997).map(String.init) + ["sub", "root"]))
            #expect(pages >= 15)
            let removal = Task { try await connection.remove("many", recursive: true) }
            try await connection.ping()
            try await removal.value
            #expect(try FileManager.default.contentsOfDirectory(atPath: box.workspace).isEmpty)
            #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        }
    }

    @Test func aLargeFileGoesThroughUnharmed() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let writer = try await connection.openWrite("large")
            let chunk = ByteBuffer(bytes: (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 >> 4) })
            for _ in 0..<50 {
                try await writer.write(chunk)
            }
            #expect(try await writer.commit(sync: true).size == 50_000_000)
            let reader = try await connection.openRead("large")
            #expect(reader.info.size == 50_000_000)
            var count = 0
            while let part = try await reader.next(upTo: 1_000_000) {
                #expect(part == chunk)
                count += 1
            }
            #expect(count == 50)
            // None of it went through the daemon.
            #expect(try box.ownMemory() <= 1024)
        }
    }
}
