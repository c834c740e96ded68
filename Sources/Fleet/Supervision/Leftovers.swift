import Glibc

/// What an `up` that was killed may have left running.
///
/// The kernel tells each child to end when its supervisor dies; this deals with one that was slow or stuck.
package struct Leftovers: Sendable {
    let directory: DataDirectory

    package init(directory: DataDirectory) {
        self.directory = directory
    }

    /// Ends every recorded process that still lives, in the given order of services; the names of those that did.
    package func end(order: [String]) async -> [String] {
        var found: [String] = []
        for name in recorded().sorted(by: { (order.firstIndex(of: $0) ?? -1) < (order.firstIndex(of: $1) ?? -1) }) {
            let record = directory.processRecord(name)
            if let identity = TextFile.read(record).flatMap({ ProcessIdentity(text: $0) }), identity.isAlive {
                found.append(name)
                await identity.end(with: name == "postgres" ? SIGINT : SIGTERM, grace: .seconds(10))
            }
            unlink(record)
        }
        unlink(directory.document)
        return found
    }

    private func recorded() -> [String] {
        guard let stream = opendir("\(directory.path)/run") else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".pid") { names.append(String(name.dropLast(4))) }
        }
        return names
    }
}
