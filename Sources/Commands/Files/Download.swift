import Glibc
import NIOCore
import SandfleetClient

/// Copies from a sandbox onto this machine.
struct Download: Sendable {
    let client: SandfleetClient
    let sandbox: String

    func copy(_ source: String, to target: String) async throws -> CopySummary {
        if !PathName.meansContents(source), !source.hasSuffix("/") {
            do {
                let file = try await client.download(source, from: sandbox)
                return target == "-" ? try await print(file) : try await save(file, source, to: target)
            } catch let error as SandfleetError where error.code == .isDirectory {
                // A directory: comes as an archive.
            }
        }
        guard target != "-" else {
            throw Failure(.usage, "\(source) is a directory", hint: "name a directory to copy it into, not -")
        }
        return try await directory(source, to: target)
    }

    private func print(_ file: FileDownload) async throws -> CopySummary {
        let receipt = try await file.receive { try await BlockingDescriptor.standardOutput.write($0) }
        return CopySummary(path: "-", bytes: receipt.size, sha256: receipt.sha256)
    }

    private func save(_ file: FileDownload, _ source: String, to target: String) async throws -> CopySummary {
        let isDirectory = LocalFile(target)?.isDirectory ?? false
        let path = PathName.destination(of: source, at: target, targetIsDirectory: isDirectory)
        try WholeFile.check(path)
        let bar = ProgressBar(path, total: file.size)
        defer { bar.finish() }
        let receipt = try await WholeFile.write(path, mode: file.mode ?? 0o666) { descriptor in
            try await file.receive(progress: { bar.update($0) }, { try await descriptor.write($0) })
        }
        return CopySummary(path: path, bytes: receipt.size, sha256: receipt.sha256)
    }

    private func directory(_ source: String, to target: String) async throws -> CopySummary {
        let archive = try await client.downloadArchive(of: source, from: sandbox)
        let isDirectory = LocalFile(target)?.isDirectory ?? false
        let path = PathName.destination(of: source, at: target, targetIsDirectory: isDirectory)
        try LocalFile.makeDirectory(path)
        let bar = ProgressBar(path, total: nil)
        defer { bar.finish() }
        var received = 0
        try await TarProcess.unpacking(into: path) { tar in
            for try await chunk in archive {
                try await tar.write(chunk)
                received += chunk.readableBytes
                bar.update(received)
            }
        }
        return CopySummary(path: path, bytes: received)
    }
}
