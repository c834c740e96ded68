import Glibc
import ProviderKit

/// Which host user belongs to which box: a symlink for each, named by the user's number, that points to the box's
/// directory.
///
/// One registry for all fleets of a host; a link whose box is gone is free.
struct UserRegistry: Sendable {
    let directory: String
    let range: ClosedRange<UInt32>

    init(directory: String, range: ClosedRange<UInt32>) throws(DriverError) {
        self.directory = directory
        self.range = range
        try HostFile.makeDirectories(directory)
    }

    /// A user that no other box has.
    func allocate(for box: BoxDirectory) throws(DriverError) -> UInt32 {
        let lock = try FileLock(waitingFor: "\(directory)/lock")
        _ = lock
        // Where to go on, so that a search need not walk over all that is taken.
        let hint = try HostFile.text("\(directory)/next").flatMap { UInt32($0) } ?? range.lowerBound
        let start = range.contains(hint) ? hint : range.lowerBound
        for candidate in chain(start) where try claim(candidate, for: box) {
            let next = candidate == range.upperBound ? range.lowerBound : candidate + 1
            try HostFile.replace("\(directory)/next", with: "\(next)".utf8)
            return candidate
        }
        throw DriverError(.transient, "no free host user is left between \(range.lowerBound) and \(range.upperBound)")
    }

    /// Takes back the user whose files the box already has.
    func reclaim(_ user: UInt32, for box: BoxDirectory) throws(DriverError) {
        let path = "\(directory)/\(user)"
        if HostFile.linkTarget(path) == box.path { return }
        let lock = try FileLock(waitingFor: "\(directory)/lock")
        _ = lock
        guard try claim(user, for: box) else {
            throw DriverError(.conflict, "the box's host user \(user) belongs to another box now")
        }
    }

    /// Gives the user of a box to the directory that the box is about to be in, which is there already.
    func pass(_ user: UInt32, from old: BoxDirectory, to new: BoxDirectory) throws(DriverError) {
        // Who looks for a free user reads the link and unlinks it: not in between.
        let lock = try FileLock(waitingFor: "\(directory)/lock")
        _ = lock
        let path = "\(directory)/\(user)"
        guard HostFile.linkTarget(path) == old.path else {
            throw DriverError(.conflict, "the host user \(user) belongs to another box now")
        }
        // In one step: both directories are there, so that nobody takes it for free.
        let next = "\(path).next"
        unlink(next)
        guard symlink(new.path, next) == 0, rename(next, path) == 0 else {
            throw .system("cannot register a host user")
        }
    }

    func release(_ user: UInt32, of box: BoxDirectory) {
        let path = "\(directory)/\(user)"
        if HostFile.linkTarget(path) == box.path { unlink(path) }
    }

    private func chain(_ start: UInt32) -> some Sequence<UInt32> {
        [start...range.upperBound, range.lowerBound...start].lazy.flatMap { $0 }
    }

    private func claim(_ user: UInt32, for box: BoxDirectory) throws(DriverError) -> Bool {
        let path = "\(directory)/\(user)"
        if symlink(box.path, path) == 0 { return true }
        guard errno == EEXIST else { throw .system("cannot register a host user") }
        guard let holder = HostFile.linkTarget(path) else { throw .system("cannot read the registry of host users") }
        if holder == box.path { return true }
        guard HostFile.status(holder) == nil else { return false }
        unlink(path)
        return symlink(box.path, path) == 0
    }
}
