import CLinux
import Glibc
import ProviderKit

/// The extended attributes of files, in which overlays keep what a directory hides.
enum ExtendedAttributes {
    static func copy(from source: Int32, to target: Int32) throws(DriverError) {
        for name in try names(of: source) {
            guard let value = try value(of: name, source) else { continue }
            // What security modules keep is theirs to give.
            guard linux_set_attribute(target, name, value, value.count) == 0 || Self.isRefusal(errno) else {
                throw .system("cannot set an extended attribute")
            }
        }
    }

    /// Whether a directory of an upper layer hides those below it.
    static func isOpaque(_ directory: Int32) throws(DriverError) -> Bool {
        for name in ["trusted.overlay.opaque", "user.overlay.opaque"]
        where try value(of: Array(name.utf8CString), directory) == [UInt8(ascii: "y")] {
            return true
        }
        return false
    }

    private static func isRefusal(_ number: Int32) -> Bool {
        number == EPERM || number == EOPNOTSUPP || number == EACCES
    }

    private static func names(of descriptor: Int32) throws(DriverError) -> [[CChar]] {
        let size = linux_list_attributes(descriptor, nil, 0)
        guard size > 0 else {
            guard size == 0 || errno == EOPNOTSUPP else { throw .system("cannot list extended attributes") }
            return []
        }
        var buffer = [CChar](repeating: 0, count: size)
        let count = linux_list_attributes(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw .system("cannot list extended attributes") }
        return buffer[..<count].split(separator: 0).map { Array($0) + [0] }
    }

    private static func value(of name: [CChar], _ descriptor: Int32) throws(DriverError) -> [UInt8]? {
        let size = linux_get_attribute(descriptor, name, nil, 0)
        guard size >= 0 else {
            if errno == ENODATA || errno == EOPNOTSUPP || errno == EPERM { return nil }
            throw .system("cannot read an extended attribute")
        }
        var buffer = [UInt8](repeating: 0, count: size)
        let count = linux_get_attribute(descriptor, name, &buffer, size)
        guard count >= 0 else { throw .system("cannot read an extended attribute") }
        return Array(buffer[..<count])
    }
}
