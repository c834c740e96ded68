import FoundationEssentials

/// A file whose being there says that a service serves.
enum ReadyFile {
    static func make(_ path: String) throws(ServiceHostError) {
        do {
            try Data().write(to: URL(filePath: path))
        } catch {
            throw ServiceHostError(.file, "Cannot write \(path).")
        }
    }
}
