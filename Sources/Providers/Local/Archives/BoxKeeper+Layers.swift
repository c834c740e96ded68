import Glibc
import Model
import ProviderKit

extension BoxKeeper {
    /// How many saved layers a box may have below its own files; an overlay takes no end of them, and looks through all.
    static let deepest = 12

    var savedLayers: SavedLayers { SavedLayers(configuration: configuration) }

    /// The files of a stopped box become a layer that it shares with the archive.
    func saveOwnLayer(
        _ directory: BoxDirectory,
        _ box: inout LocalBoxRecord,
        as archive: ArchiveID,
        in target: ArchiveDirectory,
        _ record: LocalArchiveRecord
    ) throws(DriverError) -> LocalArchiveRecord {
        if try hasOwnFiles(directory) {
            if (box.savedLayers ?? []).count >= Self.deepest {
                try flatten(directory, &box, as: archive, in: target)
            } else {
                box.moving = savedLayers.freshName(for: "\(archive)")
                // The intent names the source, by whose box it is, and the target.
                try directory.write(box)
                try move(directory, &box)
            }
        }
        var record = record
        record.layers = box.savedLayers ?? []
        try publish(record, in: target)
        return record
    }

    private func move(_ directory: BoxDirectory, _ box: inout LocalBoxRecord) throws(DriverError) {
        guard let name = box.moving else { return }
        guard rename(directory.upper, savedLayers.path(name)) == 0 else {
            throw .system("cannot make a layer of the box's files")
        }
        try settleMove(directory, &box)
    }

    /// Finishes, or forgets, a move that was cut short, by looking where the files are.
    func settleMove(_ directory: BoxDirectory, _ box: inout LocalBoxRecord) throws(DriverError) {
        guard let name = box.moving else { return }
        if savedLayers.exists(name) { box.savedLayers = [name] + (box.savedLayers ?? []) }
        box.moving = nil
        try directory.write(box)
    }

    private func hasOwnFiles(_ directory: BoxDirectory) throws(DriverError) -> Bool {
        guard HostFile.status(directory.upper) != nil else { return false }
        return try HostFile.names(in: directory.upper)?.isEmpty == false
    }

    /// All layers and the box's own files become one layer, by copying.
    private func flatten(
        _ directory: BoxDirectory,
        _ box: inout LocalBoxRecord,
        as archive: ArchiveID,
        in target: ArchiveDirectory
    ) throws(DriverError) {
        try merge(box.savedLayers ?? [], into: target.unfinished)
        _ = try Self.copy(directory.upper, onto: target.unfinished)
        let replaced = box.savedLayers ?? []
        box.savedLayers = [
            try publishLayer(target.unfinished, as: archive) { name throws(DriverError) in
                var next = box
                next.savedLayers = [name]
                try directory.write(next)
            }
        ]
        // If this is cut short, they cover what is the same below.
        try FileTree.remove(directory.upper)
        for path in try releaseLayers(replaced) { try FileTree.remove(path) }
    }

    /// Puts a layer where it is shared from; `refer` writes down who uses it.
    private func publishLayer(
        _ source: String,
        as archive: ArchiveID,
        refer: (String) throws(DriverError) -> Void
    ) throws(DriverError) -> String {
        let lock = try savedLayers.lock()
        _ = lock
        let name = savedLayers.freshName(for: "\(archive)")
        guard rename(source, savedLayers.path(name)) == 0 else { throw .system("cannot publish a layer") }
        try refer(name)
        return name
    }

    /// The files of a running box are copied while it stands still.
    func saveCopiedLayer(
        _ directory: BoxDirectory,
        _ box: LocalBoxRecord,
        as archive: ArchiveID,
        in target: ArchiveDirectory,
        _ record: LocalArchiveRecord
    ) throws(DriverError) -> LocalArchiveRecord {
        let layers = box.savedLayers ?? []
        let flattens = layers.count >= Self.deepest
        try merge(flattens ? layers : [], into: target.unfinished)
        var record = record
        record.size = try frozen(box) { deadline throws(DriverError) in
            try Self.copy(directory.upper, onto: target.unfinished, until: deadline)
        }
        _ = try publishLayer(target.unfinished, as: archive) { name throws(DriverError) in
            record.layers = [name] + (flattens ? [] : layers)
            try target.write(record)
        }
        return record
    }

    /// Layers, uppermost first, as one directory.
    func merge(
        _ layers: [String],
        into target: String,
        user: (from: UInt32, to: UInt32)? = nil
    ) throws(DriverError) {
        try HostFile.makeDirectory(target, mode: 0o755)
        for layer in layers.reversed() {
            var copy = TreeCopy(user: user)
            try copy.copy(savedLayers.path(layer), onto: target)
        }
    }

    /// Removes those of the layers that nobody needs any more; nil is all that there are.
    func releaseLayers(_ names: [String]?) throws(DriverError) -> [String] {
        if let names, names.isEmpty { return [] }
        let lock = try savedLayers.lock()
        _ = lock
        var trash: [String] = []
        for name in try savedLayers.unreferenced(of: names) { trash.append(try moveToTrash(savedLayers.path(name))) }
        return trash
    }
}
