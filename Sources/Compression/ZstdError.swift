import CZstd

/// Why bytes could not be compressed or restored.
package struct ZstdError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The bytes are not what the compressor wrote; the checksum counts as well.
        case damaged
        /// The bytes end before the frame does.
        case truncated
        /// The frame needs more memory than is given to one, or a feature that this library does not have.
        case unsupported
        case outOfMemory
        case `internal`
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}

extension ZstdError {
    /// Throws when a result of libzstd is an error; returns it otherwise.
    @discardableResult
    static func check(_ result: Int) throws(ZstdError) -> Int {
        guard ZSTD_isError(result) != 0 else { return result }
        throw ZstdError(Code(ZSTD_getErrorCode(result)), String(cString: ZSTD_getErrorName(result)))
    }
}

extension ZstdError.Code {
    fileprivate init(_ code: ZSTD_ErrorCode) {
        self =
            switch code {
            case ZSTD_error_prefix_unknown, ZSTD_error_corruption_detected, ZSTD_error_checksum_wrong,
                ZSTD_error_dictionary_corrupted, ZSTD_error_srcSize_wrong:
                .damaged
            case ZSTD_error_version_unsupported, ZSTD_error_frameParameter_unsupported,
                ZSTD_error_frameParameter_windowTooLarge, ZSTD_error_dictionary_wrong:
                .unsupported
            case ZSTD_error_memory_allocation: .outOfMemory
            default: .internal
            }
    }
}
