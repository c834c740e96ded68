import Glibc
import ProviderKit

/// An exclusive lock among all processes of the host, held until it is dropped.
struct FileLock: ~Copyable {
    private let descriptor: HostDescriptor

    /// Waits for the lock; for short sections only.
    init(waitingFor path: String) throws(DriverError) {
        let descriptor = try HostDescriptor(opening: path, O_RDWR | O_CREAT)
        while flock(descriptor.rawValue, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .system("cannot lock \(lastComponent(path))") }
        }
        self.descriptor = descriptor
    }

    /// Waits until nobody has the lock for itself alone, and shares it with others that do this.
    ///
    /// Nil when the file is not there, or not any more.
    static func share(_ path: String) throws(DriverError) -> FileLock? {
        guard HostFile.status(path) != nil else { return nil }
        let descriptor = try HostDescriptor(opening: path, O_RDWR)
        while flock(descriptor.rawValue, LOCK_SH) != 0 {
            guard errno == EINTR else { throw .system("cannot lock \(lastComponent(path))") }
        }
        guard isNamed(path, descriptor.rawValue) else { return nil }
        return FileLock(descriptor)
    }

    private static func isNamed(_ path: String, _ descriptor: Int32) -> Bool {
        var held = stat()
        return fstat(descriptor, &held) == 0 && HostFile.status(path)?.st_ino == held.st_ino
    }

    deinit {
        // Closing alone would not do: a child being started at this moment has a copy until it executes.
        flock(descriptor.rawValue, LOCK_UN)
    }

    private init(_ descriptor: consuming HostDescriptor) {
        self.descriptor = descriptor
    }

    /// Takes the lock if it is free.
    ///
    /// Nil when somebody holds it.
    ///
    /// - Throws: also when the directory has been moved away meanwhile, with the lock file in it.
    static func attempt(_ path: String) throws(DriverError) -> FileLock? {
        let descriptor = try HostDescriptor(opening: path, O_RDWR | O_CREAT)
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw .system("cannot lock \(lastComponent(path))")
        }
        guard isNamed(path, descriptor.rawValue) else { return nil }
        return FileLock(descriptor)
    }
}
