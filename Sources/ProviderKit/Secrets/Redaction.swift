/// Takes secrets out of words that others have written, and makes one short line of them.
package struct Redaction: Sendable {
    private static let limit = 300

    private let secrets: [Secret]

    package init(_ secrets: some Sequence<Secret>) {
        // Shorter ones are parts of ordinary words. The longest first: one may hold another.
        self.secrets = secrets.filter { $0.reveal().utf8.count >= 6 }
            .sorted { $0.reveal().utf8.count > $1.reveal().utf8.count }
    }

    package func callAsFunction(_ text: String) -> String {
        // Bounded first, beyond what is kept: nobody searches a megabyte for a message of one line.
        var line = String(text.prefix(Self.limit * 8))
        for secret in secrets { line = line.replacing(secret.reveal(), with: "<secret>") }
        line = String(line.map { $0.isNewline || $0 == "\t" || $0 == "\0" ? " " : $0 })
        let words = line.split(separator: " ").joined(separator: " ")
        return words.count > Self.limit ? words.prefix(Self.limit) + "…" : words
    }
}
