import FoundationEssentials

/// What a `.creds` file holds: between lines of dashes a user's token, and then the seed of its key.
struct CredentialsText {
    let token: String
    /// Secret.
    let seed: String

    /// Nil unless there are exactly these two.
    init?(_ text: String) {
        var sections: [String] = []
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("---") {
                isInside.toggle()
            } else if isInside {
                sections.append(line.filter { !$0.isWhitespace })
            }
        }
        guard sections.count == 2 else { return nil }
        (token, seed) = (sections[0], sections[1])
    }

    /// Nil when there is no such file as well.
    static func read(_ path: String) -> CredentialsText? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap(CredentialsText.init)
    }
}
