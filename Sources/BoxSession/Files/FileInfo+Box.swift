import BoxClient
import ProviderKit

extension FileInfo {
    /// A file asked for by its path has no name of its own there.
    init(_ info: BoxFileInfo, path: String) {
        let type: FileType =
            switch info.kind {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .symlink
            case .other: .other
            }
        self.init(
            name: info.name.isEmpty ? path.split(separator: "/").last.map(String.init) ?? path : info.name,
            type: type,
            size: info.size,
            mode: info.mode,
            modifiedAt: info.modifiedNanoseconds,
            target: info.target
        )
    }
}
