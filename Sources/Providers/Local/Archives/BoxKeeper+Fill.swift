import Glibc
import Model
import ProviderKit

extension BoxKeeper {
    /// Gives a box that is being made the files of an archive.
    ///
    /// Not one file is touched for that, unless the host cannot show one user's files as another's.
    ///
    /// - Parameter spare: What `makeSpare` made of the archive; somebody else may have thrown it away.
    func fill(
        _ directory: BoxDirectory,
        _ record: inout LocalBoxRecord,
        from source: BoxSource,
        spare: String?
    ) throws(DriverError) {
        guard source.hasPlainRoot || capabilities.overlayObstacle == nil else {
            throw DriverError(.unsupported, "the archive needs an overlay, which this host refuses")
        }
        record.source = source.id
        let archive = source.record
        let shares = archive.storedAs == record.user || capabilities.mappingObstacle == nil
        if shares {
            record.storedAs = archive.storedAs
            record.savedLayers = archive.layers.isEmpty ? nil : archive.layers
        }
        // The intent: what lies in the directory from now on can be thrown away.
        try write(record, in: directory)
        guard shares, archive.way != .copy else {
            record.storedAs = nil
            return try copy(source, into: directory, for: record.user)
        }
        guard archive.way == .snapshot else { return try makeFilesDirectory(directory) }
        if let spare, rename(spare, directory.files) == 0 { return }
        try copySubvolume(of: source, to: directory.files)
    }

    /// A writable copy of an archive's files, made before there is a box for it; nil when boxes are not made from it so.
    ///
    /// It lies in the trash: if nobody comes for it, the next start throws it away.
    func makeSpare(of archive: ArchiveID) throws(DriverError) -> String? {
        let source = try BoxSource(archive, in: configuration)
        guard source.record.way == .snapshot, capabilities.mappingObstacle == nil else { return nil }
        let path = trashPath(for: "spare-\(archive)")
        do throws(DriverError) {
            try copySubvolume(of: source, to: path)
        } catch {
            try FileTree.remove(path)
            throw error
        }
        return path
    }

    private func copySubvolume(of source: BoxSource, to path: String) throws(DriverError) {
        try Subvolume.snapshot(source.directory.files, to: path, readOnly: false)
        // What the overlay was in the middle of is its own affair.
        try FileTree.remove("\(path)/work")
    }

    private func copy(
        _ source: BoxSource,
        into directory: BoxDirectory,
        for user: UInt32
    ) throws(DriverError) {
        let exchange = (from: source.record.storedAs, to: user)
        try makeFilesDirectory(directory)
        if source.hasPlainRoot {
            try HostFile.makeDirectory(directory.plainRoot, mode: 0o755)
            var copy = TreeCopy(user: exchange)
            return try copy.copy("\(source.directory.files)/root", onto: directory.plainRoot)
        }
        try merge(source.record.layers, into: directory.upper, user: exchange)
        guard source.record.way == .snapshot else { return }
        var copy = TreeCopy(user: exchange)
        try copy.copy("\(source.directory.files)/upper", onto: directory.upper)
    }
}
