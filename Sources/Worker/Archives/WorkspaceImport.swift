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
        let id = OperationID.now().rawValue
        let name = Self.prefix + id
        let folder = "\(WorkspaceTar.directory)/\(name)"
        try await box.makeDirectory(folder)
        do {
            try await unpack(source, into: folder)
        } catch {
            // Also when the caller has gone; what cannot be removed is told by its name.
            await Task { [box] in try? await box.remove(folder, recursive: true) }.value
            throw error
        }
        do {
            return try await shell(replaces ? Self.replace : Self.merge, name)
        } catch {
            // What was there may have moved aside in part: it is put in order, or the next import does that.
            await Task { [box] in try? await Self.recover(in: box, id) }.value
            throw error
        }
    }

    /// Puts in order what imports have left that were cut short: each is undone, or finished, and nothing is deleted that is the
    /// only copy.
    ///
    /// - Parameter own: Of the import that is over just now.
    static func recover(in box: any Box, _ own: String = "") async throws {
        let script = helpers + recovery + tidy
        let arguments = ["sh", "-e", "-c", script, "sh", WorkspaceTar.directory, own]
        let outcome = try await BoxTool(box: box, arguments: arguments).run()
        guard outcome.code == 0 || outcome.code == leftover else {
            throw Fault(
                .internal,
                "What an import has left could not be put in order.",
                details: outcome.complaint.isEmpty ? [:] : ["shell": outcome.complaint]
            )
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
        let text = Self.helpers + Self.recovery + script + Self.tidy
        let arguments = ["sh", "-e", "-c", text, "sh", WorkspaceTar.directory, name]
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
}
