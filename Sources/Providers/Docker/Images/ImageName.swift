/// The name of an image, in Docker's grammar: `[registry/]path[:tag][@digest]`.
struct ImageName: Sendable, Hashable {
    static let usualRegistry = "docker.io"

    /// Registry and path, as it was written.
    let repository: String
    /// A tag, or a digest with its algorithm.
    let version: String
    private let isDigest: Bool

    /// Nil for what is no name.
    init?(_ text: String) {
        let allowed = text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && ![UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "&")].contains(byte)
        }
        guard allowed, !text.isEmpty, text.utf8.count <= 512 else { return nil }
        if let at = text.firstIndex(of: "@") {
            // A tag beside a digest says nothing more.
            let name = text[..<at]
            repository = String(Self.split(name)?.repository ?? name)
            version = String(text[text.index(after: at)...])
            isDigest = true
        } else {
            let parts = Self.split(text[...])
            repository = String(parts?.repository ?? text[...])
            version = parts.map { String($0.tag) } ?? "latest"
            isDigest = false
        }
        guard !repository.isEmpty, !version.isEmpty else { return nil }
    }

    var description: String { repository + (isDigest ? "@" : ":") + version }

    /// Where it lies.
    var registry: String {
        let first = repository.prefix { $0 != "/" }
        guard first.count < repository.count, first.contains(".") || first.contains(":") || first == "localhost" else {
            return Self.usualRegistry
        }
        return first == "index.docker.io" ? Self.usualRegistry : String(first)
    }

    /// A colon before a slash belongs to the registry's port.
    private static func split(_ text: Substring) -> (repository: Substring, tag: Substring)? {
        guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") else { return nil }
        return (text[..<colon], text[text.index(after: colon)...])
    }
}
