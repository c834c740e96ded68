import Bus
import Foundation
import Model
import NIOCore
import NIOFoundationCompat
import ProviderKit
import Wire

/// Reads a file: a small one comes with the answer, the bytes of a larger one follow it.
struct FileRead: Sendable {
    /// The most content that comes with the answer.
    static let inlineLimit = 256 * 1024
    static let chunk = 256 * 1024

    let box: any Box
    let path: String

    /// What is sent after the answer.
    struct Rest: Sendable {
        let reader: any BoxFileReader

        func send(through tunnel: Tunnel, operations: OperationTable) async {
            do {
                try await tunnel.withWatch {
                    while let bytes = try await reader.next(limit: FileRead.chunk) {
                        try await tunnel.send(bytes)
                        operations.touch()
                    }
                    try await tunnel.finish()
                }
                tunnel.close()
            } catch {
                tunnel.reset(operations.interruption ?? Fault.describing(error))
            }
            await reader.close()
        }
    }

    func open() async throws -> (info: WireFileInfo, rest: Rest?) {
        let reader = try await box.read(path)
        var info = reader.info.wire(path: path)
        guard info.size <= Self.inlineLimit else { return (info, Rest(reader: reader)) }
        do {
            // Files such as those of /proc have bytes though their size says none.
            var content = ByteBuffer()
            while content.readableBytes <= Self.inlineLimit, let bytes = try await reader.next(limit: Self.chunk) {
                content.writeImmutableBuffer(bytes)
            }
            await reader.close()
            guard content.readableBytes <= Self.inlineLimit + Self.chunk else {
                throw Fault(.fileNotFound, "The file grows while it is read.")
            }
            info.size = UInt64(content.readableBytes)
            info.content = Data(buffer: content)
            return (info, nil)
        } catch {
            await reader.close()
            throw error
        }
    }
}
