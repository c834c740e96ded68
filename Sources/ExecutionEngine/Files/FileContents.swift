import Glibc

/// Bytes of an open file, for somebody who cannot be handed its descriptor.
package enum FileContents {
    /// Up to `limit` bytes from an offset on; fewer only at the end.
    package static func read(
        _ descriptor: Descriptor,
        at offset: UInt64,
        limit: Int
    ) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let (done, rest) = (count, limit - count)
                let result = pread(
                    descriptor.number,
                    buffer.baseAddress.map { $0 + done },
                    rest,
                    off_t(clamping: offset) + off_t(done)
                )
                if result < 0, errno == EINTR { continue }
                if result < 0 { failure = .current }
                guard result > 0 else { break }
                count += result
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all of the bytes from an offset on.
    package static func write(_ bytes: [UInt8], to descriptor: Descriptor, at offset: UInt64) throws(SystemError) {
        let failure = bytes.withUnsafeBytes { bytes -> SystemError? in
            var done = 0
            while done < bytes.count {
                let count = pwrite(
                    descriptor.number,
                    bytes.baseAddress.map { $0 + done },
                    bytes.count - done,
                    off_t(clamping: offset) + off_t(done)
                )
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { return .current }
                done += count
            }
            return nil
        }
        if let failure { throw failure }
    }
}
