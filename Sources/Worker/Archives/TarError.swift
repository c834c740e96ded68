/// Why an archive is not taken.
package struct TarError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// It is no tar archive, or bytes of it are not what was written.
        case malformed
        /// It ends before its end.
        case truncated
        /// A path that is absolute, has `..` in it, is too long, or goes through a link.
        case path
        /// A link that leads out of the archive.
        case link
        /// A device, a pipe, a socket, or another kind of entry that a workspace does not need.
        case kind
        /// More entries or bytes than the limits say.
        case limit
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
