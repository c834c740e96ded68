import CLinux
import Glibc

/// The btrfs that boxes lie on, where the data directory is not on one itself: a sparse file, mounted while the fleet runs.
///
/// On btrfs a box is saved, restored and forked at once, however many files it has.
package struct BoxDisk: Sendable {
    let directory: DataDirectory
    let size: BoxDiskSize

    private var image: String { "\(directory.path)/local.btrfs" }
    private var mountPoint: String { directory.boxes }
    private var log: String { directory.log("mkfs") }

    /// Mounts it, and makes it first when there is none and no box lies elsewhere.
    ///
    /// - Returns: What a user should know of it, or nil.
    /// - Throws: When boxes lie on it and it cannot be mounted.
    func prepare() async throws(FleetError) -> String? {
        guard Account.isRoot else { return nil }
        if isMounted { return "Found the boxes' file system mounted, left over from an earlier run" }
        if access(image, F_OK) == 0 {
            do throws(FleetError) {
                try await mount()
                return nil
            } catch {
                throw FleetError(
                    .data,
                    "Cannot mount \(image), on which the boxes lie: \(error.message)",
                    advice: "Mount it by hand on \(mountPoint) to look at it; nothing in it has been changed."
                )
            }
        }
        guard !isOnBtrfs, !isOfItsOwn, !hasBoxes, let bytes = size.bytes(in: directory.path) else { return nil }
        do throws(FleetError) {
            try await make(bytes)
            return "Made a file system for the boxes (\(image), at most \(bytes >> 30) GiB)"
        } catch {
            return "Boxes do without btrfs, so saving a large one takes its time: \(error.message)"
        }
    }

    /// Unmounts it.
    ///
    /// Where something in it is in use, it stays until the next start finds it.
    func release() async -> String? {
        guard isMounted else { return nil }
        let path = mountPoint
        return await OwnThread.run {
            // Boxes that end let go of it a moment after their end is known.
            for _ in 0..<200 {
                if linux_unmount(path) == 0 { return nil }
                guard errno == EBUSY else { break }
                usleep(10_000)
            }
            return "Cannot unmount \(path): \(lastSystemError())"
        } ?? nil
    }

    private func make(_ bytes: Int64) async throws(FleetError) {
        guard bytes >= BoxDiskSize.smallest else { throw FleetError(.data, "too little space is free.") }
        guard access("/dev/loop-control", R_OK | W_OK) == 0 else {
            throw FleetError(.notPermitted, "loop devices cannot be used here.")
        }
        guard let program = Executable.find("mkfs.btrfs", beside: ["/usr/sbin", "/sbin"]) else {
            throw FleetError(.missingExecutable, "mkfs.btrfs is not installed (package btrfs-progs).")
        }
        // Under another name until it is whole.
        let unfinished = "\(image).new"
        unlink(unfinished)
        let descriptor = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FleetError(.data, "\(unfinished) cannot be made: \(lastSystemError()).") }
        let isSized = ftruncate(descriptor, off_t(bytes)) == 0
        close(descriptor)
        do throws(FleetError) {
            guard isSized else { throw FleetError(.data, "\(unfinished) cannot be made: \(lastSystemError()).") }
            try await format(unfinished, program)
            guard rename(unfinished, image) == 0 else {
                throw FleetError(.data, "\(unfinished) cannot be renamed: \(lastSystemError()).")
            }
            try await mount()
        } catch {
            unlink(unfinished)
            if !isMounted { unlink(image) }
            throw error
        }
    }

    /// Metadata once: twice in one file would be no safer.
    private func format(_ path: String, _ program: String) async throws(FleetError) {
        let arguments = ["-q", "-K", "-m", "single", path]
        let status: WaitStatus?
        do {
            let child = try await ChildProcess.spawn(
                ChildSpecification(executable: program, arguments: arguments, log: log)
            )
            status = await child.exit.wait(for: .seconds(30))
            if status == nil { child.killAll() }
        } catch {
            throw FleetError(.spawn, "mkfs.btrfs cannot be started: \(error).")
        }
        guard status == .exited(0) else { throw FleetError(.data, "mkfs.btrfs failed (log: \(log)).") }
    }

    private func mount() async throws(FleetError) {
        try makeDirectory(mountPoint, mode: 0o700)
        let (image, target) = (image, mountPoint)
        let outcome = await OwnThread.run { () -> Result<Void, FleetError> in
            Result { () throws(FleetError) in try LoopMount.mount(image, on: target) }
        }
        guard let outcome else { throw FleetError(.spawn, "no thread can be started.") }
        try outcome.get()
        // Its own directory has no other user's business either.
        chmod(target, 0o700)
    }

    private var isMounted: Bool { access(image, F_OK) == 0 && isOfItsOwn }

    /// Whether something is mounted there, ours or not.
    private var isOfItsOwn: Bool { Self.device(of: mountPoint).map { $0 != Self.device(of: directory.path) } ?? false }

    private var hasBoxes: Bool {
        guard let stream = opendir(mountPoint) else { return false }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil { count += 1 }
        return count > 2
    }

    private var isOnBtrfs: Bool {
        let descriptor = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return linux_is_btrfs(descriptor) == 1
    }

    private static func device(of path: String) -> dev_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_dev : nil
    }
}
