import BoxProtocol
import ExecutionEngine

extension FileStatusMessage {
    init(_ status: FileStatus) {
        let kind: FileKind =
            switch status.kind {
            case .regular: .regular
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            case .other: .other
            }
        self.init(
            name: status.name,
            kind: kind,
            size: status.size,
            mode: status.mode,
            modifiedNanoseconds: status.modifiedNanoseconds,
            target: status.target ?? ""
        )
    }
}
