import Glibc

/// Reads files of `/proc` and of cgroups, whose size is known only after reading.
enum ProcFile {
    /// Nil when it cannot be read, or its process has gone.
    static func read(_ path: String) -> [UInt8]? {
        try? contents(of: Descriptor(owning: open(path, O_RDONLY | O_CLOEXEC)))
    }

    static func read(_ name: String, in directory: Descriptor) throws(SystemError) -> [UInt8] {
        try contents(of: Descriptor(owning: openat(directory.number, name, O_RDONLY | O_CLOEXEC)))
    }

    static func contents(of descriptor: Descriptor) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let count = try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { chunk throws(SystemError) in
                let count = try retrying { Glibc.read(descriptor.number, chunk.baseAddress, chunk.count) }
                bytes.append(contentsOf: chunk[..<count])
                return count
            }
            guard count > 0 else { return bytes }
        }
    }
}
