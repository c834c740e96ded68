import Bus
import Crypto
import Foundation
import Model
import NIOCore
import NIOFoundationCompat
import ProviderKit
import Wire

/// Replaces a file in one step: nothing is visible before all bytes are there and their number was read back.
struct FileWrite: Sendable {
    let box: any Box
    let request: WireWriteFile

    func run(tunnel: () throws -> Tunnel) async throws -> WireFileInfo {
        let mode = request.mode == 0 ? nil : request.mode
        let writer = try await box.write(request.path, mode: mode)
        do {
            var digest = SHA256()
            if request.hasContent {
                digest.update(data: request.content)
                try await writer.write(ByteBuffer(data: request.content))
            } else {
                let tunnel = try tunnel()
                defer { tunnel.close() }
                while let (_, bytes) = try await tunnel.next() {
                    bytes.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
                    try await writer.write(bytes)
                }
            }
            var info = try await writer.commit().wire(path: request.path)
            info.sha256 = digest.finalize()
                .map { byte in
                    (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }
                .joined()
            return info
        } catch {
            await writer.discard()
            throw error
        }
    }
}
