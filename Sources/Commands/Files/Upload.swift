import Glibc
import SandfleetClient

/// Copies from this machine into a sandbox.
struct Upload: Sendable {
    let client: SandfleetClient
    let sandbox: String

    func copy(_ source: String, to target: String) async throws -> CopySummary {
        if source == "-" { return try await standardInput(to: target) }
        guard let local = LocalFile(source) else { throw Failure.system("cannot read \(source)") }
        if let special = local.special {
            throw Failure(
                .usage,
                "\(source) is \(special), not a file",
                hint: "pipe what it gives: 'sandfleet cp - <sandbox>:<path> < \(source)'"
            )
        }
        let path = PathName.destination(of: source, at: target, targetIsDirectory: try await isDirectory(target))
        return local.isDirectory
            ? try await directory(source, to: path) : try await file(source, local, to: path)
    }

    private func isDirectory(_ path: String) async throws -> Bool {
        do {
            _ = try await client.directory(path, in: sandbox, limit: 1)
            return true
        } catch let error as SandfleetError where error.isAboutPath {
            return false
        }
    }

    private func standardInput(to target: String) async throws -> CopySummary {
        let bar = ProgressBar(target, total: nil)
        defer { bar.finish() }
        let body = UploadBody.stream(DescriptorBytes(descriptor: .standardInput))
        return CopySummary(try await client.upload(body, to: target, in: sandbox) { bar.update($0) })
    }

    private func file(_ source: String, _ local: LocalFile, to path: String) async throws -> CopySummary {
        let descriptor = try LocalFile.open(source, O_RDONLY)
        let bar = ProgressBar(source, total: local.size)
        defer { bar.finish() }
        let body = UploadBody.stream(length: local.size, DescriptorBytes(descriptor: descriptor))
        let mode = local.mode & 0o777
        return CopySummary(try await client.upload(body, to: path, in: sandbox, mode: mode) { bar.update($0) })
    }

    private func directory(_ source: String, to path: String) async throws -> CopySummary {
        let bar = ProgressBar(source, total: nil)
        defer { bar.finish() }
        let sent = Tally()
        try await TarProcess.packing(source) { archive in
            try await client.uploadArchive(.stream(archive), into: path, in: sandbox) {
                sent.set($0)
                bar.update($0)
            }
        }
        return CopySummary(path: path, bytes: sent.value)
    }
}

extension CopySummary {
    init(_ stored: FileInfo) {
        self.init(path: stored.path, bytes: stored.size, sha256: stored.sha256)
    }
}

extension SandfleetError {
    /// Whether the path, not the sandbox or the request, is what was refused.
    var isAboutPath: Bool {
        [.fileNotFound, .isDirectory, Code(rawValue: "not_directory")].contains(code)
    }
}
