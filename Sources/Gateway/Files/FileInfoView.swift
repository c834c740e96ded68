package import Wire

/// A file or directory as the API shows it.
package struct FileInfoView: Sendable {
    private let info: WireFileInfo
    private let path: String

    package init(_ info: WireFileInfo) {
        self.info = info
        path = info.path
    }

    /// An entry of a directory, which knows its own name only.
    package init(_ info: WireFileInfo, in directory: String) {
        self.info = info
        path = directory.hasSuffix("/") ? directory + info.name : "\(directory)/\(info.name)"
    }

    package var json: JSONValue {
        .compact([
            "path": .string(path),
            "name": .string(info.name),
            "type": .string(type),
            "size": .integer(Int64(clamping: info.size)),
            "mode": .string(Self.octal(info.mode)),
            "modifiedAt": .string(ISO8601.string(milliseconds: info.modifiedAt / 1_000_000)),
            "target": info.target.isEmpty ? nil : .string(info.target),
            "sha256": info.sha256.isEmpty ? nil : .string(info.sha256),
        ])
    }

    private var type: String {
        switch info.type {
        case .file: "file"
        case .directory: "directory"
        case .symlink: "symlink"
        case .other, .unspecified, .UNRECOGNIZED: "other"
        }
    }

    /// Permission bits as people write them: `0644`.
    static func octal(_ mode: UInt32) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
