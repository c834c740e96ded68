import ProviderKit
import Wire

extension FileInfo {
    /// A file asked for by its path may come without a name of its own.
    init(_ info: WireFileInfo, path: String) {
        let type: FileType =
            switch info.type {
            case .file: .file
            case .directory: .directory
            case .symlink: .symlink
            case .other, .unspecified, .UNRECOGNIZED: .other
            }
        self.init(
            name: info.name.isEmpty ? String(path.split(separator: "/").last ?? "/") : info.name,
            type: type,
            size: info.size,
            mode: info.mode,
            modifiedAt: info.modifiedAt,
            target: info.target.isEmpty ? nil : info.target
        )
    }
}
