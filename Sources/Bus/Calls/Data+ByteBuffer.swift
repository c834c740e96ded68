package import FoundationEssentials
package import NIOCore

extension Data {
    /// The readable bytes, all at once: as a sequence they are copied one by one.
    package init(copying buffer: ByteBuffer, upTo count: Int = .max) {
        self = buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return Data() }
            return Data(bytes: base, count: Swift.min(count, bytes.count))
        }
    }
}
