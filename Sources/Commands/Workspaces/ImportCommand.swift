import ArgumentParser
import Glibc
import SandfleetClient

/// `sandfleet import`.
struct ImportCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Unpack an archive, as 'sandfleet export' writes it, into a sandbox.",
        discussion: """
            Everything in the archive is looked at first: what leads out of the workspace, and devices, are refused. What \
            is there stays where the archive has nothing of its name; with --replace it goes.

              $ sandfleet import copy build.tar.zst
              $ sandfleet import copy build.tar.zst --replace
              $ sandfleet export build | sandfleet import copy -
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name.")
    var sandbox: String

    @Argument(help: "The archive, or - for standard input.")
    var archive: String

    @Flag(help: "Remove what is there.")
    var replace = false

    func run(_ session: Session) async throws {
        let (source, size) = try source()
        let id = try await session.sandboxID(sandbox)
        let bar = ProgressBar(archive == "-" ? sandbox : archive, total: size)
        let sent = Tally()
        do {
            defer { bar.finish() }
            let body = UploadBody.stream(length: size, DescriptorBytes(descriptor: source))
            try await session.client.importWorkspace(body, into: id, replace: replace) {
                sent.set($0)
                bar.update($0)
            }
        }
        try await session.output.show(Answer(id: id, bytes: sent.value), or: "")
    }

    private struct Answer: Encodable {
        let id: String
        let bytes: Int
    }

    /// The archive's bytes, and their number when it is known.
    private func source() throws -> (BlockingDescriptor, Int?) {
        if archive == "-" {
            guard isatty(STDIN_FILENO) == 0 else {
                throw Failure(
                    .usage,
                    "nobody types an archive",
                    hint: "pipe one in, or name a file: 'sandfleet import \(sandbox) <file>'"
                )
            }
            return (.standardInput, nil)
        }
        guard let local = LocalFile(archive) else { throw Failure.system("cannot read \(archive)") }
        if local.isDirectory {
            throw Failure(
                .usage,
                "\(archive) is a directory, not an archive",
                hint: "copy it with 'sandfleet cp \(archive) \(sandbox):/workspace'"
            )
        }
        return (try LocalFile.open(archive, O_RDONLY), local.special == nil ? local.size : nil)
    }
}
