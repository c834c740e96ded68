import Bus
import Compression
import Model
import NIOCore
import ProviderKit
import ServiceHost

/// Puts a tar.zst into the workspace.
///
/// It is unpacked aside first, in the workspace's own file system; what was there is touched once all of it is in the box
/// and every entry of it was found harmless.
struct WorkspaceImport: Sendable {
    let box: any Box
    let replaces: Bool
    let limits: TarLimits

    func run(from tunnel: Tunnel) async throws {
        defer { tunnel.close() }
        try await run { try await tunnel.next()?.bytes }
    }

    /// - Parameter source: The next bytes; nil at the end.
    func run(_ source: @escaping @Sendable () async throws -> ByteBuffer?) async throws {
        let name = ".sandfleet-import-\(OperationID.now())"
        let folder = "\(WorkspaceTar.directory)/\(name)"
        try await box.makeDirectory(folder)
        do {
            try await unpack(source, into: folder)
            try await shell(replaces ? Self.replace : Self.merge, name)
        } catch {
            // Also when the caller has gone; what cannot be removed is told by its name.
            await Task { [box] in try? await box.remove(folder, recursive: true) }.value
            throw error
        }
    }

    private func unpack(
        _ source: @escaping @Sendable () async throws -> ByteBuffer?,
        into folder: String
    ) async throws {
        let tar = BoxTool(
            box: box,
            arguments: ["tar", "--extract", "--no-same-owner", "--file=-", "--directory=\(folder)"]
        )
        do {
            let scanned = try ScannedWorkspace(TarScanner(limits: limits, trust: .foreign), source: source)
            try await tar.pack("unpack the workspace", input: { try await scanned.next() })
        } catch let error as TarError {
            throw Fault(.archiveInvalid, "The archive was refused. \(error.message)")
        } catch let error as ZstdError {
            throw Fault(.archiveInvalid, "The archive is not zstd, or it is damaged: \(error.message).")
        }
    }

    private func shell(_ script: String, _ name: String) async throws {
        let arguments = ["sh", "-e", "-c", script, "sh", WorkspaceTar.directory, name]
        let outcome = try await BoxTool(box: box, arguments: arguments).run()
        guard outcome.code == 0 else {
            throw Fault(
                .archiveInvalid,
                "What was unpacked could not be moved into the workspace.",
                details: outcome.complaint.isEmpty ? [:] : ["shell": outcome.complaint]
            )
        }
    }

    /// What is there of the same name is replaced, directories are joined; links instead of copies, so it takes no room.
    private static let merge = #"""
        cd "$1"; cp -a -l -f --remove-destination -- "$2/." .; rm -rf -- "$2"
        """#

    /// What is there moves aside before it is deleted: moves are quick, and deleting may fail half way.
    private static let replace = #"""
        cd "$1"; mkdir "$2.old"
        find . -mindepth 1 -maxdepth 1 ! -name "$2" ! -name "$2.old" -exec mv -t "$2.old" -- {} +
        find "./$2" -mindepth 1 -maxdepth 1 -exec mv -t . -- {} +
        rmdir -- "$2"; rm -rf -- "$2.old"
        """#
}
