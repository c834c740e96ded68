import ProviderHTTP

/// The endpoints that are used, under one team and project.
package struct VercelAPI: Sendable {
    static let creating = "create sandbox"
    static let resuming = "resume sandbox"

    let project: String
    let client: ProviderClient
}
