import Bus
import Model
import NIOCore
import ProviderKit
import ServiceHost

/// Packs and unpacks tar streams inside the box, by the box's own `tar`: whatever an archive says, it cannot reach further
/// than any other program in there.
struct Archive: Sendable {
    let box: any Box
    let path: String

    func extract(from tunnel: Tunnel) async throws {
        defer { tunnel.close() }
        try await box.makeDirectory(path)
        let tar = BoxTool(
            box: box,
            arguments: ["tar", "--extract", "--no-same-owner", "--file=-", "--directory=\(path)"]
        )
        try await tar.pack("unpack it", input: { try await tunnel.next()?.bytes })
    }

    /// A directory as `.` and what is below it; a file by its name.
    func send(_ info: FileInfo, through tunnel: Tunnel, operations: OperationTable) async {
        let (directory, member) = info.type == .directory ? (path, ".") : Self.split(path)
        let tar = BoxTool(
            box: box,
            arguments: ["tar", "--create", "--file=-", "--directory=\(directory)", "--", member]
        )
        do {
            try await tunnel.withWatch {
                try await tar.pack(
                    "pack it",
                    output: { bytes in
                        try await tunnel.send(bytes)
                        operations.touch()
                    }
                )
                try await tunnel.finish()
            }
            tunnel.close()
        } catch {
            tunnel.reset(operations.interruption ?? Fault.describing(error))
        }
    }

    private static func split(_ path: String) -> (directory: String, member: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
    }
}
