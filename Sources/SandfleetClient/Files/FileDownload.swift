import Crypto
public import NIOCore

/// A file on its way out of a sandbox.
public struct FileDownload: Sendable {
    /// What has arrived.
    public struct Receipt: Hashable, Sendable {
        /// The number of bytes.
        public let size: Int
        /// Their SHA-256 in hexadecimal digits.
        public let sha256: String
    }

    /// The number of bytes, when it is known before.
    public let size: Int?
    /// Its permission bits, when they are known.
    public let mode: Int?
    /// Its bytes.
    public let bytes: ByteStream

    /// Hands the bytes over as they arrive, and returns only when all of them have.
    ///
    /// - Parameters:
    ///   - progress: Called with the number of bytes so far.
    ///   - consume: Takes the next bytes; the transfer waits for it.
    /// - Returns: The size and the digest of what arrived.
    /// - Throws: `SandfleetError` when not all arrived, and whatever `consume` throws.
    public func receive(
        progress: (Int) -> Void = { _ in },
        _ consume: (ByteBuffer) async throws -> Void
    ) async throws -> Receipt {
        var hash = SHA256()
        var received = 0
        for try await chunk in bytes {
            chunk.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
            received += chunk.readableBytes
            try await consume(chunk)
            progress(received)
        }
        guard size == nil || size == received else {
            throw SandfleetError(.interrupted, "\(received) bytes of \(size ?? 0) arrived")
        }
        return Receipt(size: received, sha256: hash.finalize().hexadecimal)
    }
}

extension SHA256.Digest {
    var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        .joined()
    }
}
