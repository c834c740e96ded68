import CZstd
package import NIOCore

/// Compresses a stream of buffers into one zstd frame with a checksum.
///
/// Holds about a megabyte, whatever the length of the stream. Unchecked because it is a pointer: libzstd lets a context
/// move between threads as long as one uses it at a time, and a value that cannot be copied has one user.
package struct ZstdCompressor: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer

    /// - Parameter level: 1 is fastest; libzstd's own default is 3.
    package init(level: Int32 = 3) throws(ZstdError) {
        context = try Self.context(level: level)
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// Takes all bytes of `input` and appends what is ready to `output`: often nothing, later many inputs' worth.
    package mutating func compress(_ input: ByteBuffer, into output: inout ByteBuffer) throws(ZstdError) {
        var input = input
        while input.readableBytes > 0 { try step(&input, ZSTD_e_continue, into: &output) }
    }

    /// Ends the frame; what comes next begins another one.
    package mutating func finish(into output: inout ByteBuffer) throws(ZstdError) {
        var nothing = ByteBuffer()
        while try step(&nothing, ZSTD_e_end, into: &output) > 0 {}
    }

    private static func context(level: Int32) throws(ZstdError) -> OpaquePointer {
        guard let context = ZSTD_createCCtx() else { throw ZstdError(.outOfMemory, "no compression context") }
        do {
            try ZstdError.check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level))
            try ZstdError.check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
            return context
        } catch {
            ZSTD_freeCCtx(context)
            throw error
        }
    }

    /// - Returns: How many bytes, at least, wait inside for the next step.
    @discardableResult
    private func step(
        _ input: inout ByteBuffer,
        _ directive: ZSTD_EndDirective,
        into output: inout ByteBuffer
    ) throws(ZstdError) -> Int {
        var result = 0
        var taken = 0
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: ZSTD_CStreamOutSize()) { room in
            input.withUnsafeReadableBytes { bytes in
                var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                result = ZSTD_compressStream2(context, &target, &source, directive)
                taken = source.pos
                return target.pos
            }
        }
        input.moveReaderIndex(forwardBy: taken)
        return try ZstdError.check(result)
    }
}
