import Bus
import Compression
import Model
import NIOCore
import ProviderKit
import ServiceHost

/// Sends the workspace as tar.zst: `.` and what is below it.
struct WorkspaceExport: Sendable {
    let box: any Box

    func send(through tunnel: Tunnel, operations: OperationTable) async {
        let tar = BoxTool(
            box: box,
            arguments: [
                "tar", "--create", "--file=-", "--directory=\(WorkspaceTar.directory)", "--warning=no-file-changed",
                "--", ".",
            ]
        )
        do {
            try await tunnel.withWatch {
                var compressor = try ZstdCompressor()
                try await tar.pack(
                    expecting: [0, 1],
                    "pack the workspace",
                    output: { bytes in
                        var compressed = ByteBuffer()
                        try compressor.compress(bytes, into: &compressed)
                        try await tunnel.send(compressed)
                        operations.touch()
                    }
                )
                var rest = ByteBuffer()
                try compressor.finish(into: &rest)
                try await tunnel.send(rest)
                try await tunnel.finish()
            }
            tunnel.close()
        } catch {
            tunnel.reset(operations.interruption ?? Fault.describing(error))
        }
    }
}
