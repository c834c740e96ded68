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

    /// How a script ends that did its work, and could not delete what was there before.
    private static let leftover: Int32 = 3

    /// - Returns: Whether all of what it replaced could be deleted; what could not lies aside, and the next import tries again.
    func run(from tunnel: Tunnel) async throws -> Bool {
        defer { tunnel.close() }
        return try await run { try await tunnel.next()?.bytes }
    }

    /// - Parameter source: The next bytes; nil at the end.
    @discardableResult
    func run(_ source: @escaping @Sendable () async throws -> ByteBuffer?) async throws -> Bool {
        let name = ".sandfleet-import-\(OperationID.now())"
        let folder = "\(WorkspaceTar.directory)/\(name)"
        try await box.makeDirectory(folder)
        do {
            try await unpack(source, into: folder)
            return try await shell(replaces ? Self.replace : Self.merge, name)
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

    private func shell(_ script: String, _ name: String) async throws -> Bool {
        let arguments = ["sh", "-e", "-c", script + Self.tidy, "sh", WorkspaceTar.directory, name]
        let outcome = try await BoxTool(box: box, arguments: arguments).run()
        guard outcome.code == 0 || outcome.code == Self.leftover else {
            throw Fault(
                .archiveInvalid,
                "What was unpacked could not be moved into the workspace.",
                details: outcome.complaint.isEmpty ? [:] : ["shell": outcome.complaint]
            )
        }
        return outcome.code == 0
    }

    /// What is there of the same name is replaced, directories are joined; links instead of copies, so it takes no room.
    private static let merge = #"""
        cd "$1"; cp -a -l -f --remove-destination -- "$2/." .; rm -rf -- "$2"

        """#

    /// What is there moves aside before it is deleted: moves are quick, and deleting may fail half way.
    ///
    /// A move that fails is undone, for what moved aside is the only copy.
    private static let replace = #"""
        cd "$1"; mkdir "$2.old"
        all() { find "./$1" -mindepth 1 -maxdepth 1 -exec mv -t "$2" -- {} +; }
        aside() { find . -mindepth 1 -maxdepth 1 ! -name "$1" ! -name "$1.old" ! -name '.sandfleet-import-*.done' \
            -exec mv -t "$2" -- {} +; }
        back() { all "$1.old" .; rmdir -- "$1.old"; exit 1; }
        aside "$2" "$2.old" || back "$2"
        if ! all "$2" .; then aside "$2" "$2"; back "$2"; fi
        rmdir -- "$2"; mv -- "$2.old" "$2.done"

        """#

    /// Deletes what this import and earlier ones have replaced; directories that nobody may write in are no hindrance.
    private static let tidy = #"""
        for old in .sandfleet-import-*.done; do
            [ -d "$old" ] || continue
            chmod -R u+rwX -- "$old" 2>&- || :
            rm -rf -- "$old" || exit 3
        done
        """#
}
