import CZstd
package import NIOCore

/// Restores one zstd frame, piece by piece, and never more at a time than its caller asks for.
///
/// So what a few bytes grow to is limited by the caller, not by who made them. Unchecked because it is a pointer:
/// libzstd lets a context move between threads as long as one uses it at a time, and a value that cannot be copied has
/// one user.
package struct ZstdDecompressor: ~Copyable, @unchecked Sendable {
    package enum Progress: Sendable {
        /// All of the input is used up; the frame goes on.
        case needsInput
        /// The output has as much as was asked for; more may wait.
        case hasMore
        /// The frame is complete, its checksum right. Bytes after it stay in the input.
        case finished
    }

    /// Frames that look back farther than 8 MiB are refused: that much memory is held for a frame.
    package static let windowLog: Int32 = 23

    private let context: OpaquePointer
    private var isFinished = false

    package init() throws(ZstdError) {
        context = try Self.context()
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Takes bytes from `input` and appends at most `limit` bytes to `output`.
    package mutating func decompress(
        _ input: inout ByteBuffer,
        into output: inout ByteBuffer,
        atMost limit: Int
    ) throws(ZstdError) -> Progress {
        var left = limit
        while !isFinished {
            guard left > 0 else { return .hasMore }
            let capacity = min(left, ZSTD_DStreamOutSize())
            let written = try step(&input, into: &output, capacity: capacity)
            left -= written
            // With room left over, everything that the input gave is out.
            if !isFinished, written < capacity, input.readableBytes == 0 { return .needsInput }
        }
        return .finished
    }

    /// To be called when there is no more input.
    package func finish() throws(ZstdError) {
        guard isFinished else { throw ZstdError(.truncated, "the frame is not complete") }
    }

    private static func context() throws(ZstdError) -> OpaquePointer {
        guard let context = ZSTD_createDCtx() else { throw ZstdError(.outOfMemory, "no decompression context") }
        do {
            try ZstdError.check(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog))
            return context
        } catch {
            ZSTD_freeDCtx(context)
            throw error
        }
    }

    private mutating func step(
        _ input: inout ByteBuffer,
        into output: inout ByteBuffer,
        capacity: Int
    ) throws(ZstdError) -> Int {
        let context = context
        var result = 0
        var taken = 0
        let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { room in
            input.withUnsafeReadableBytes { bytes in
                var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: capacity, pos: 0)
                result = ZSTD_decompressStream(context, &target, &source)
                taken = source.pos
                return target.pos
            }
        }
        input.moveReaderIndex(forwardBy: taken)
        isFinished = try ZstdError.check(result) == 0
        return written
    }
}
