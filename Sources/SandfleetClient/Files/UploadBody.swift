import CurlTransport
public import NIOCore

/// What an upload sends.
public struct UploadBody: Sendable {
    typealias Produce = @Sendable (_ write: @Sendable (ByteBuffer) async throws -> Void) async throws -> Void

    let length: Int?
    let produce: Produce

    /// Bytes that are at hand.
    public static func bytes(_ bytes: ByteBuffer) -> UploadBody {
        UploadBody(length: bytes.readableBytes) { try await $0(bytes) }
    }

    /// Bytes that are made while they are sent, at the connection's pace.
    ///
    /// The length is the exact number of bytes, or nil when it is not known before. The source is iterated once.
    public static func stream<Source: AsyncSequence & Sendable>(
        length: Int? = nil,
        _ source: Source
    ) -> UploadBody where Source.Element == ByteBuffer {
        UploadBody(length: length) { write in
            for try await chunk in source { try await write(chunk) }
        }
    }

    /// The body for the transport; calls back with the bytes that are handed over.
    ///
    /// Before they are: the answer may be there before `write` returns, and all that it answers has to be known by then.
    func transportBody(_ handingOver: @escaping @Sendable (ByteBuffer) -> Void) -> HTTPTransportRequestBody {
        .streamed(
            HTTPTransportUpload(length: length) { write in
                try await produce { chunk in
                    handingOver(chunk)
                    try await write(chunk)
                }
            }
        )
    }
}
