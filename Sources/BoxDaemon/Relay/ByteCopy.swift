import BoxProtocol
import Glibc

/// Copies bytes from one descriptor to another until there are no more, or nobody takes them.
final class ByteCopy {
    enum Form {
        case plain
        /// Bytes become lines of text.
        case encoding
        /// Lines of text become bytes.
        case decoding
    }

    /// In whole groups of three bytes, so that a line has no padding in its middle.
    private static let chunk = 48 << 10

    let source: Int32
    let target: Int32
    private let form: Form

    init(from source: Int32, to target: Int32, form: Form) {
        self.source = source
        self.target = target
        self.form = form
    }

    func run() {
        var lines = Base64Lines.Decoder()
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            let bytes: [UInt8]
            switch form {
            case .plain: bytes = Array(buffer[..<count])
            case .encoding: bytes = Base64Lines.encode(buffer[..<count])
            case .decoding:
                // Whatever else is on the line is not from a client of ours.
                guard let decoded = lines.decode(buffer[..<count]) else { return }
                bytes = decoded
            }
            guard Self.writeAll(bytes, to: target) else { return }
        }
    }

    /// Returns whether all of it went out.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { return false }
                done += count
            }
            return true
        }
    }
}
