package import ProviderKit

/// What the fleet's sprites are like.
package struct SpritesBoxSettings: Sendable, Hashable {
    /// The one port that a sprite's URL leads to.
    static let port = 8080

    /// Whether their URLs let everybody in.
    ///
    /// Else they ask for the account's own token, which nobody is told.
    package var isPublic: Bool

    package init(isPublic: Bool = false) {
        self.isPublic = isPublic
    }

    /// From the variables `SANDBOX_SPRITES_…`; one that is empty counts as not set.
    ///
    /// - Throws: `CredentialError` that names the variable that cannot be read.
    package init(environment: [String: String]) throws(CredentialError) {
        switch environment["SANDBOX_SPRITES_PUBLIC"]?.lowercased() {
        case nil, "", "false", "0": self.init()
        case "true", "1": self.init(isPublic: true)
        default: throw CredentialError("SANDBOX_SPRITES_PUBLIC has to be true or false.")
        }
    }
}
