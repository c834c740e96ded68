import ArgumentParser

/// `sandfleet cp`.
struct CopyCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copy files and directories into a sandbox or out of it.",
        discussion: """
            A path in a sandbox is written as <sandbox>:<path>. As with 'cp -r', what is copied onto a directory goes \
            into it, and a source that ends in /. stands for what the directory holds. A dash is standard input or output.

              $ sandfleet cp notes.txt build:/workspace/notes.txt
              $ sandfleet cp ./project build:/workspace
              $ sandfleet cp build:/workspace/out/. ./results
              $ sandfleet cp build:/workspace/app.log - | tail
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "What to copy.")
    var source: CopyEndpoint

    @Argument(help: "Where it goes.")
    var destination: CopyEndpoint

    func validate() throws {
        switch (source, destination) {
        case (.sandbox, .sandbox): throw ValidationError("One of the two must be on this machine.")
        case (.local, .local): throw ValidationError("One of the two must be in a sandbox, as in build:/path.")
        default: break
        }
    }

    func run(_ session: Session) async throws {
        let summary: CopySummary
        switch (source, destination) {
        case (.local(let path), .sandbox(let reference, let target)):
            let id = try await session.sandboxID(reference)
            summary = try await Upload(client: session.client, sandbox: id).copy(path, to: target)
        case (.sandbox(let reference, let path), .local(let target)):
            let id = try await session.sandboxID(reference)
            summary = try await Download(client: session.client, sandbox: id).copy(path, to: target)
        default: return
        }
        // Standard output may hold the file itself.
        if destination == .local("-") { return }
        try await session.output.show(summary, or: "")
    }
}

/// What a copy did.
struct CopySummary: Encodable, Sendable {
    let path: String
    let bytes: Int
    var sha256: String?
}
