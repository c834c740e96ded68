/// The text of a `.creds` file: a user's token and the seed of its key.
package struct CredentialsFile: Sendable {
    package var token: String
    /// Secret.
    package var seed: String

    package init(token: String, seed: String) {
        self.token = token
        self.seed = seed
    }

    /// Reads such a text.
    package init(text: String) throws(TokenError) {
        var sections: [String] = []
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("---") {
                isInside.toggle()
            } else if isInside {
                sections.append(line.filter { !$0.isWhitespace })
            }
        }
        guard sections.count == 2, NKey(seed: sections[1])?.kind == .user else { throw .malformed }
        self.init(token: sections[0], seed: sections[1])
    }

    /// Secret: mode 0600 where it is stored.
    package var text: String {
        """
        -----BEGIN NATS USER JWT-----
        \(token)
        ------END NATS USER JWT------

        ************************* IMPORTANT *************************
        NKEY Seed printed below can be used to sign and prove identity.
        NKEYs are sensitive and should be treated as secrets.

        -----BEGIN USER NKEY SEED-----
        \(seed)
        ------END USER NKEY SEED------

        *************************************************************

        """
    }
}
