import ArchiveStore
import Compression
import FleetTesting
import Glibc
import Model
import NIOConcurrencyHelpers
import NIOCore
import Ownership
import ProviderKit
import ServiceHost
import Testing

@testable import LocalDriver
@testable import Worker

@Suite struct WorkspaceArchiverTests {
    private static let limits = TarLimits(entries: 10_000, bytes: 64 << 20)

    /// What is in the workspace and at home, with types, modes, targets and contents.
    private static let state = #"""
        for place in /workspace "$HOME"; do
            cd "$place"
            find . ! -name . -printf '%P %y %m %l\n' | sort
            find . -type f -exec sha256sum {} + | sort
        done
        """#

    @Test func aWorkspaceComesBackAsItWas() async throws {
        try await RealBoxes.with { boxes, directory in
            let store = DirectoryArchiveStore(directory)
            let archiver = WorkspaceArchiver(store: store, limits: Self.limits)
            let box = try await boxes.create()
            try await boxes.shell(
                #"""
                cd /workspace; mkdir -p src/deep .git; echo hello > src/file; chmod 750 src/file
                ln src/file src/deep/same; ln -s ../src/file .git/link; ln -s /usr/bin/env env
                head -c 3000000 /dev/urandom > big; touch 'a name with ,odd\ things'
                mkdir -p "$HOME/.config"; echo mine > "$HOME/.config/settings"; ln "$HOME/.config/settings" "$HOME/same"
                """#,
                in: box
            )
            let state = try await boxes.shell(Self.state, in: box)
            let reference = try await archiver.capture(box, as: .now())
            #expect(reference.format == .portable)
            #expect(try #require(reference.sizeBytes) > 3_000_000)
            #expect(!reference.holdsOneMoment)

            let other = try await boxes.create()
            try await archiver.hydrate(other, from: reference)
            #expect(try await boxes.shell(Self.state, in: other) == state)
            // Hard links are one file still.
            #expect(try await boxes.shell("stat -c %h /workspace/src/file $HOME/same", in: other) == "2\n2\n")

            // One bit of it is another, or it is gone.
            var bytes = try await store.get(reference.externalID).collect(upTo: 8 << 20)
            let middle = bytes.readableBytes / 2
            bytes.setInteger((bytes.getInteger(at: middle, as: UInt8.self) ?? 0) ^ 1, at: middle)
            try await store.put(reference.externalID, bytes)
            try await expectDamage { try await archiver.hydrate(try await boxes.create(), from: reference) }
            try await store.put(reference.externalID, try #require(bytes.getSlice(at: 0, length: middle)))
            try await expectDamage { try await archiver.hydrate(try await boxes.create(), from: reference) }
            try await store.delete(reference.externalID)
            try await expectDamage { try await archiver.hydrate(try await boxes.create(), from: reference) }
        }
    }

    @Test func whatCannotBeCarriedIsNamedAndNothingIsStored() async throws {
        try await RealBoxes.with { boxes, directory in
            let store = DirectoryArchiveStore(directory)
            let box = try await boxes.create()
            try await boxes.shell("mkfifo /workspace/pipe", in: box)
            let archiver = WorkspaceArchiver(store: store, limits: Self.limits)
            let fault = await #expect(throws: Fault.self) { _ = try await archiver.capture(box, as: .now()) }
            #expect(fault?.code == .unsupported)
            #expect(fault?.message.contains("workspace/pipe") == true)
            try await boxes.shell("rm /workspace/pipe; head -c 2000000 /dev/zero > /workspace/zeroes", in: box)
            let narrow = WorkspaceArchiver(store: store, limits: TarLimits(entries: 100, bytes: 1_000_000))
            await expect(.unsupported) { _ = try await narrow.capture(box, as: .now()) }
            for try await name in try await store.list("") { Issue.record("stored: \(name)") }
        }
    }

    @Test func anImportReplacesOrJoins() async throws {
        try await RealBoxes.with { boxes, _ in
            let box = try await boxes.create()
            let list = "cd /workspace; find . ! -name . -printf '%P ' | tr ' ' '\\n' | sort | tr '\\n' ' '"
            try await boxes.shell("cd /workspace; mkdir dir; echo old > dir/old; echo old > both; touch .hidden", in: box)
            let good = try Self.compressed { tar in
                tar.add("dir/", type: "5")
                tar.add("dir/new", content: "new")
                tar.add("both", content: "new")
            }
            try await load(good, into: box, replaces: false)
            #expect(try await boxes.shell(list, in: box) == ".hidden both dir dir/new dir/old ")
            #expect(try await boxes.shell("cat /workspace/both /workspace/dir/old", in: box) == "newold\n")

            // Refused at its very end: nothing of it is there, and all of what was.
            let bad = try Self.compressed { tar in
                for number in 0..<50 { tar.add("file-\(number)", content: "x") }
                tar.add("escape", type: "2", target: "/etc")
            }
            for replaces in [true, false] {
                await expect(.archiveInvalid) { try await load(bad, into: box, replaces: replaces) }
                var cut = good
                cut.moveWriterIndex(to: good.readableBytes / 2)
                await expect(.archiveInvalid) { try await load(cut, into: box, replaces: replaces) }
                await expect(.archiveInvalid) {
                    try await load(ByteBuffer(string: "no archive"), into: box, replaces: replaces)
                }
            }
            #expect(try await boxes.shell(list, in: box) == ".hidden both dir dir/new dir/old ")

            try await load(good, into: box, replaces: true)
            #expect(try await boxes.shell(list, in: box) == "both dir dir/new ")
        }
    }

    /// Whatever cannot be moved or deleted: the workspace holds what it held, or what was imported, and nothing beside it.
    @Test(.enabled(if: geteuid() == 0, "another user's files take root")) func anImportThatReplacesIsUndoneOrDone() async throws {
        try await RealBoxes.with { boxes, _ in
            let box = try await boxes.create()
            let list = "cd /workspace; find . ! -name . -printf '%P ' | tr ' ' '\\n' | sort | tr '\\n' ' '"
            let archive = try Self.compressed { tar in tar.add("new", content: "new") }
            // Files that are as hard to delete as their owner can make them.
            try await boxes.shell("cd /workspace; mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 500 a/b", in: box)
            try await load(archive, into: box, replaces: true)
            #expect(try await boxes.shell(list, in: box) == "new ")

            // Another user's directory cannot be moved: nothing has happened.
            let workspace = try boxes.upper(of: box) + "/workspace"
            try await boxes.shell("touch /workspace/first /workspace/second", in: box)
            try HostFile.makeDirectory("\(workspace)/foreign", mode: 0o755)
            try HostFile.write("\(workspace)/foreign/file", "x".utf8, flags: O_CREAT, mode: 0o644)
            await expect(.archiveInvalid) { try await load(archive, into: box, replaces: true) }
            #expect(try await boxes.shell(list, in: box) == "first foreign foreign/file new second ")

            // It can be moved with what it is in, and not be deleted: the import is done, and the next one tidies up.
            try await boxes.shell("mkdir /workspace/own", in: box)
            try #require(rename("\(workspace)/foreign", "\(workspace)/own/foreign") == 0)
            #expect(try await !load(archive, into: box, replaces: true))
            #expect(try await boxes.shell("cd /workspace; ls; ls -d .sandfleet-import-*.done | wc -l", in: box) == "new\n1\n")
            #expect(try await !load(archive, into: box, replaces: true))
            for name in try HostFile.names(in: workspace) ?? [] where name.hasSuffix(".done") {
                try FileTree.remove("\(workspace)/\(name)/own/foreign")
            }
            #expect(try await load(archive, into: box, replaces: false))
            #expect(try await boxes.shell(list, in: box) == "new ")
        }
    }

    /// A worker that died over an import: the next one finds the workspace as it was or as it is to be, and nothing beside it.
    @Test(arguments: ImportCut.allCases) func anImportThatWasCutShortIsPutInOrder(_ cut: ImportCut) async throws {
        try await RealBoxes.with { boxes, _ in
            let box = try await boxes.create()
            let list = #"""
                cd /workspace; find . ! -name . -printf '%P ' | tr ' ' '\n' | LC_ALL=C sort | tr '\n' ' '
                cat * | sort | tr '\n' ' '
                """#
            try await boxes.shell("cd /workspace; n=.sandfleet-import-01cut; \(cut.script)", in: box)
            // While something of it still runs it is left alone.
            let before = try await boxes.shell(list, in: box)
            try await boxes.shell("(exec -a .sandfleet-import-01cut sleep 1000 <&- >&- 2>&-) & echo $! > ~/pid", in: box, "bash")
            try await WorkspaceImport.recover(in: box)
            if cut != .removed { #expect(try await boxes.shell(list, in: box) == before) }
            try await boxes.shell("kill $(cat ~/pid); while kill -0 $(cat ~/pid) 2>&-; do :; done", in: box)

            try await WorkspaceImport.recover(in: box)
            #expect(try await boxes.shell(list, in: box) == cut.expected)
            try await load(try Self.compressed { tar in tar.add("next", content: "next") }, into: box, replaces: false)
            #expect(try await boxes.shell("cat /workspace/next", in: box) == "next")
        }
    }

    private static func compressed(_ fill: (inout TarBuilder) -> Void) throws -> ByteBuffer {
        var compressor = try ZstdCompressor()
        var output = ByteBuffer()
        try compressor.compress(ByteBuffer(bytes: TarBuilder.build(fill)), into: &output)
        try compressor.finish(into: &output)
        return output
    }

    @discardableResult
    private func load(_ bytes: ByteBuffer, into box: any Box, replaces: Bool) async throws -> Bool {
        let rest = NIOLockedValueBox(bytes)
        return try await WorkspaceImport(box: box, replaces: replaces, limits: Self.limits)
            .run {
                rest.withLockedValue { rest in
                    rest.readableBytes == 0 ? nil : rest.readSlice(length: min(100, rest.readableBytes))
                }
            }
    }

    private func expectDamage(_ body: () async throws -> Void) async throws {
        let error = await #expect(throws: DriverError.self) { try await body() }
        #expect(error?.kind == .archiveDamaged)
    }
}
