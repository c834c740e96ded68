import CLinux
import ExecutionEngine
import Glibc

/// What a connection has still to send, and the descriptors that travel with it.
struct OutgoingBytes {
    private var bytes: [UInt8] = []
    private var sent = 0
    /// A descriptor goes with the byte at its position.
    private var descriptors: [(position: Int, descriptor: Descriptor)] = []

    var count: Int { bytes.count - sent }

    mutating func append(_ frame: [UInt8], with descriptor: Descriptor? = nil) {
        if let descriptor {
            descriptors.append((bytes.count, descriptor))
        }
        bytes.append(contentsOf: frame)
    }

    mutating func append(_ content: ArraySlice<UInt8>) {
        bytes.append(contentsOf: content)
    }

    /// Sends what the socket takes.
    ///
    /// Returns whether that was everything.
    mutating func send(to socket: Descriptor) throws(SystemError) -> Bool {
        while sent < bytes.count {
            let attached = descriptors.first.flatMap { $0.position == sent ? $0.descriptor : nil }
            let next = attached == nil ? 0 : 1
            let end = next < descriptors.count ? descriptors[next].position : bytes.count
            let result = bytes.withUnsafeBytes { all in
                linux_send(socket.number, all.baseAddress.map { $0 + sent }, end - sent, attached?.number ?? -1)
            }
            guard result >= 0 else {
                switch errno {
                case EINTR: continue
                case EAGAIN: return false
                default: throw .current
                }
            }
            sent += result
            if attached != nil {
                descriptors.removeFirst()
            }
        }
        // An idle connection holds no memory.
        bytes = []
        sent = 0
        return true
    }
}
