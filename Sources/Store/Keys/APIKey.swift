import Crypto
package import FoundationEssentials
package import Model

/// An API key as it is stored: everything but the key.
package struct APIKey: Sendable, Hashable {
    package var id: KeyID
    package var workspace: WorkspaceID
    package var name: String
    package var scope: Scope
    package var createdAt: Date

    /// What is stored of a key.
    ///
    /// Keys are random, so one round of SHA-256 keeps them.
    package static func hash(of secret: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(secret.utf8)))
    }
}

/// Who asks, and what he may do.
package struct Principal: Sendable, Hashable {
    package var key: KeyID
    package var workspace: WorkspaceID
    package var scope: Scope
}
