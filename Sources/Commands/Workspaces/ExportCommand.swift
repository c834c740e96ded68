import ArgumentParser
import Glibc
import NIOCore
import SandfleetClient

/// `sandfleet export`.
struct ExportCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the workspace of a sandbox to an archive (tar, compressed with zstd).",
        discussion: """
            The archive holds /workspace and the home directory. It is written beside its place first: a file is there as \
            a whole or not at all.

              $ sandfleet export build -o build.tar.zst
              $ sandfleet export build | tar --zstd -t
              $ sandfleet export build | sandfleet import copy -
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name.")
    var sandbox: String

    @Option(name: [.short, .long], help: "The file to write, or - for standard output. (default: -)")
    var output = "-"

    func run(_ session: Session) async throws {
        if output == "-", isatty(STDOUT_FILENO) == 1 {
            throw Failure(
                .usage,
                "an archive is nothing for a terminal",
                hint: "write it to a file: 'sandfleet export \(sandbox) -o \(sandbox).tar.zst'"
            )
        }
        let id = try await session.sandboxID(sandbox)
        guard output != "-" else {
            _ = try await write(session.client, id, to: .standardOutput)
            return
        }
        try WholeFile.check(output)
        let bytes = try await WholeFile.write(output) { try await write(session.client, id, to: $0) }
        try await session.output.show(CopySummary(path: output, bytes: bytes), or: "")
    }

    private func write(
        _ client: SandfleetClient,
        _ sandbox: String,
        to target: BlockingDescriptor
    ) async throws -> Int {
        let archive = try await client.exportWorkspace(of: sandbox)
        let bar = ProgressBar(output == "-" ? self.sandbox : output, total: nil)
        defer { bar.finish() }
        var written = 0
        for try await chunk in archive {
            try await target.write(chunk)
            written += chunk.readableBytes
            bar.update(written)
        }
        return written
    }
}
