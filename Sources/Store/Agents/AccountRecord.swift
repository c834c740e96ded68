/// What the claims of the agents' account are made from.
package struct AccountRecord: Sendable, Hashable {
    /// Counts the changes of what is below.
    package var version: Int64
    /// The last version that the servers are known to have.
    package var pushedVersion: Int64
    /// The public halves of the workspaces' signing keys, by workspace.
    package var signingKeys: [String: String]
    /// By public key: credentials that were issued at or before this Unix second are void.
    package var revocations: [String: Int64]
    /// The database's clock, in Unix seconds: the gateways' own may differ.
    package var now: Int64
}
