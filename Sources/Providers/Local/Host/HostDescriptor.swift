import CLinux
import Glibc
import ProviderKit

/// An open file descriptor that is closed with its owner.
struct HostDescriptor: ~Copyable {
    let rawValue: Int32

    init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Opens a path; always closed on exec.
    init(opening path: String, _ flags: Int32, mode: mode_t = 0o600) throws(DriverError) {
        rawValue = open(path, flags | O_CLOEXEC, mode)
        guard rawValue >= 0 else { throw .system("cannot open \(lastComponent(path))") }
    }

    deinit {
        if rawValue >= 0 { close(rawValue) }
    }

    /// Hands the descriptor to somebody who closes it.
    consuming func release() -> Int32 {
        let value = rawValue
        discard self
        return value
    }

    /// A pipe whose reading end is the near one.
    static func pipe() throws(DriverError) -> DescriptorPair {
        var reader: Int32 = -1
        var writer: Int32 = -1
        guard linux_pipe(&reader, &writer) == 0 else { throw .system("cannot make a pipe") }
        return DescriptorPair(near: HostDescriptor(reader), far: writer)
    }

    /// Two connected sockets; unlike a pipe they can be written without a SIGPIPE.
    static func sockets() throws(DriverError) -> DescriptorPair {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .system("cannot make a socket pair") }
        return DescriptorPair(near: HostDescriptor(ends[0]), far: ends[1])
    }
}

/// Two connected descriptors; the far one is meant for another process.
struct DescriptorPair: ~Copyable {
    let near: HostDescriptor
    private(set) var far: Int32

    init(near: consuming HostDescriptor, far: Int32) {
        self.near = near
        self.far = far
    }

    deinit {
        if far >= 0 { close(far) }
    }

    /// Lets go of the far end: as long as it is open here, the near one sees no end of file.
    mutating func closeFar() {
        if far >= 0 { close(far) }
        far = -1
    }
}

func lastComponent(_ path: String) -> Substring {
    path.split(separator: "/").last ?? "/"
}
