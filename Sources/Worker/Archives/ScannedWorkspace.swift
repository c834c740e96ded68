import Compression
import Model
import NIOCore

/// The tar in a stream of zstd, piece by piece at its reader's pace; every entry is looked at before it is passed on.
actor ScannedWorkspace {
    /// The most that is given at once, however well it was compressed.
    private static let pieceLength = 256 * 1024

    private let source: @Sendable () async throws -> ByteBuffer?
    private var decompressor: ZstdDecompressor
    private var scanner: TarScanner
    private var input = ByteBuffer()
    private var hasEnded = false

    /// - Parameter source: The next compressed bytes; nil at the end.
    init(_ scanner: TarScanner, source: @escaping @Sendable () async throws -> ByteBuffer?) throws(ZstdError) {
        self.source = source
        self.scanner = scanner
        decompressor = try ZstdDecompressor()
    }

    /// The next bytes of the tar; nil once it is complete and all of it is right.
    ///
    /// - Throws: `ZstdError`, `TarError`, or an error of the source.
    func next() async throws -> ByteBuffer? {
        var output = ByteBuffer()
        while output.readableBytes == 0 {
            guard !hasEnded else { return nil }
            switch try decompressor.decompress(&input, into: &output, atMost: Self.pieceLength) {
            case .hasMore: break
            case .finished: try await end()
            case .needsInput:
                guard let piece = try await source() else {
                    try decompressor.finish()
                    return nil
                }
                input = piece
            }
            try scanner.feed(output)
            if hasEnded { try scanner.finish() }
        }
        return output
    }

    /// Nothing may follow the frame.
    private func end() async throws {
        hasEnded = true
        var rest = input.readableBytes
        while rest == 0, let piece = try await source() { rest = piece.readableBytes }
        guard rest == 0 else { throw TarError(.malformed, "Bytes follow its end.") }
    }
}
