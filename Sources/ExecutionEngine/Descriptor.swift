import CLinux
import Glibc

/// An open file descriptor, closed with its last reference.
package final class Descriptor: Sendable {
    package let number: Int32

    /// Takes over a descriptor that a call has returned; a negative number becomes the error that the call left.
    package init(owning number: Int32) throws(SystemError) {
        guard number >= 0 else { throw .current }
        self.number = number
    }

    deinit {
        close(number)
    }

    package func setNonBlocking() throws(SystemError) {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw .current }
    }

    package func setBlocking() throws(SystemError) {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0, fcntl(number, F_SETFL, flags & ~O_NONBLOCK) >= 0 else { throw .current }
    }

    /// Something to read the end from at once.
    ///
    /// Without a `/dev` it is a pipe that nobody writes to.
    package static func null() throws(SystemError) -> Descriptor {
        let number = open("/dev/null", O_RDWR | O_CLOEXEC)
        if number >= 0 {
            return try Descriptor(owning: number)
        }
        var reader: Int32 = -1
        var writer: Int32 = -1
        guard linux_pipe(&reader, &writer) == 0 else { throw .current }
        close(writer)
        return try Descriptor(owning: reader)
    }
}
