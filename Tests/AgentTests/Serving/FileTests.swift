import Fleet
import FleetTesting
import Foundation
import Glibc
import Model
import Testing
import Wire

/// Files through the agent: pieces in any order, each done once, and nothing outside the root.
@Suite(.serialized) struct FileTests {
    /// Hundreds of files in a minute: none is left open, and the last commits may be asked for again.
    @Test func moreFilesThanMayBeOpenCanBeWritten() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                func handle(_ number: Int) -> String { "01jc00000000000000000" + String(10_000 + number) }
                for number in 0..<300 {
                    _ = try await caller.ask {
                        $0.openWrite.path = "file"
                        $0.openWrite.handle = handle(number)
                    }
                    _ = try await caller.ask { $0.commit.handle = handle(number) }
                }
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(run.process.pid)/fd").count
                #expect(open < 100)
                _ = try await caller.ask { $0.commit.handle = handle(0) }
            }
        }
    }

    @Test func filesAreWrittenInAnyOrderAndReadBack() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                var random = SeededGenerator(seed: 7)
                let contents = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &random) }
                let handle = "01jc0000000000000000000fff"
                for _ in 0..<2 {
                    _ = try await caller.ask {
                        $0.openWrite.path = "deep/down/file.bin"
                        $0.openWrite.handle = handle
                    }
                }
                for start in [524_288, 0, 262_144, 0] {
                    let end = min(start + 262_144, contents.count)
                    _ = try await caller.ask {
                        $0.write.handle = handle
                        $0.write.offset = UInt64(start)
                        $0.write.bytes.append(contentsOf: contents[start..<end])
                    }
                    if start == 0 {
                        let isWhole = access(fixture.root + "/box/deep/down/file.bin", F_OK) == 0
                        #expect(!isWhole)
                    }
                    if start == 524_288 {
                        let fault = try await caller.refusal {
                            $0.commit.handle = handle
                            $0.commit.size = UInt64(contents.count)
                        }
                        #expect(fault.code == .outOfRange)
                        #expect(fault.details["missing"] == "0")
                    }
                }
                var answers: [WireFileInfo] = []
                for _ in 0..<2 {
                    answers.append(
                        try await caller.ask {
                            $0.commit.handle = handle
                            $0.commit.size = UInt64(contents.count)
                            $0.commit.mode = 0o600
                        }
                        .file
                    )
                }
                #expect(answers[0] == answers[1])
                #expect(answers[0].size == UInt64(contents.count))
                #expect(answers[0].mode & 0o777 == 0o600)

                let opened = try await caller.ask { $0.openRead.path = fixture.root + "/box/deep/down/file.bin" }.handle
                #expect(opened.file.size == UInt64(contents.count))
                var read: [UInt8] = []
                var isAtEnd = false
                while !isAtEnd {
                    let bytes =
                        try await caller.ask {
                            $0.read.handle = opened.handle
                            $0.read.offset = UInt64(read.count)
                            $0.read.limit = 262_144
                        }
                        .bytes
                    read += bytes.bytes
                    isAtEnd = bytes.end
                }
                #expect(read == contents)
                _ = try await caller.ask { $0.discard.handle = opened.handle }
                #expect(try await caller.refusal { $0.read.handle = opened.handle }.code == .notFound)
            }
        }
    }

    @Test func directoriesAreListedInPagesAndRemoved() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                for index in 0..<7 { _ = try await caller.ask { $0.makeDirectory.path = "many/d\(index)" } }
                var names: [String] = []
                var cursor = ""
                repeat {
                    let page =
                        try await caller.ask {
                            $0.list.path = "many"
                            $0.list.cursor = cursor
                            $0.list.limit = 3
                        }
                        .directory
                    names += page.entries.map(\.name)
                    cursor = page.nextCursor
                } while !cursor.isEmpty
                #expect(names == (0..<7).map { "d\($0)" })
                let full = try await caller.refusal { $0.remove.path = "many" }
                #expect(full.code == .directoryNotEmpty)
                _ = try await caller.ask {
                    $0.remove.path = "many"
                    $0.remove.recursive = true
                }
                #expect(try await caller.refusal { $0.stat.path = "many" }.code == .fileNotFound)
            }
        }
    }

    /// Neither a path, nor `..`, nor a link, nor the sandbox's own directory leads out of the root.
    @Test func nothingLeadsOutOfTheRoot() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                func isRefused(_ fill: (inout WireAgentRequest) -> Void) async throws -> Bool {
                    let fault = try await caller.refusal(fill)
                    return fault.code == .agentDenied && fault.details["setting"] == "root"
                }
                for directory in ["/etc", "../outside", "box/../../x"] {
                    #expect(try await isRefused { $0.open.directory = directory }, "\(directory)")
                }
                try await caller.open()
                symlink("/etc", fixture.root + "/box/link")
                for folder in ["/etc", "../../../etc", "link"] {
                    let path = folder + "/hostname"
                    #expect(try await isRefused { $0.openRead.path = path }, "\(path)")
                    #expect(try await isRefused { $0.stat.path = path }, "\(path)")
                    #expect(try await isRefused { $0.list.path = folder }, "\(folder)")
                    #expect(try await isRefused { $0.remove.path = path }, "\(path)")
                    #expect(try await isRefused { $0.makeDirectory.path = folder + "/new/er" }, "\(folder)")
                    let isWriteRefused = try await isRefused {
                        $0.openWrite.path = path
                        $0.openWrite.handle = "01jc0000000000000000000fff"
                    }
                    #expect(isWriteRefused, "\(path)")
                    let isStartRefused = try await isRefused {
                        $0.start.processID = "outside"
                        $0.start.arguments = ["true"]
                        $0.start.cwd = folder
                    }
                    #expect(isStartRefused, "\(folder)")
                }
                // The sandbox's directory is not its boundary.
                _ = try await caller.ask { $0.makeDirectory.path = "../beside" }
                #expect(try await caller.ask { $0.stat.path = fixture.root + "/beside" }.file.type == .directory)
            }
        }
    }
}
