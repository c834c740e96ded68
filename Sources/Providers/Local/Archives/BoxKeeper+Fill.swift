import Glibc
import Model
import ProviderKit

extension BoxKeeper {
    /// Gives a box that is being made the files of an archive.
    ///
    /// Not one file is touched for that, unless the host cannot show one user's files as another's.
    func fill(
        _ directory: BoxDirectory,
        _ record: inout LocalBoxRecord,
        from source: BoxSource
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
        try Subvolume.snapshot(source.directory.files, to: directory.files, readOnly: false)
        // What the overlay was in the middle of is its own affair.
        try FileTree.remove(directory.work)
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
