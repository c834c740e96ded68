/// A token or a password: it can be used, and does not print.
///
/// Neither interpolation nor `dump` shows it, and it is not `Codable`.
package struct Secret: Sendable, Hashable {
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The value itself, for where it is needed; never for a log or an error.
    package func reveal() -> String { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
