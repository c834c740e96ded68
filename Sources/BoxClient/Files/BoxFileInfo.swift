import BoxProtocol

/// What is known about a file in a box.
package struct BoxFileInfo: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case regular
        case directory
        case symbolicLink
        case other
    }

    /// Within its directory; empty for a file that was asked for by its path.
    package var name: String
    package var kind: Kind
    package var size: UInt64
    /// Permission bits.
    package var mode: UInt32
    /// Since 1970.
    package var modifiedNanoseconds: Int64
    /// Where a symbolic link points.
    package var target: String?

    init(_ message: FileStatusMessage) {
        name = message.name
        kind =
            switch message.kind {
            case .regular: .regular
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            case .other: .other
            }
        size = message.size
        mode = message.mode
        modifiedNanoseconds = message.modifiedNanoseconds
        target = message.kind == .symbolicLink ? message.target : nil
    }
}
