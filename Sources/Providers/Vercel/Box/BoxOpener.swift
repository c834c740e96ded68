package import Model
package import ProviderKit

/// Makes a box of a session that runs.
package protocol BoxOpener: Sendable {
    func open(_ opening: BoxOpening, _ api: VercelAPI) async throws(DriverError) -> any Box
}

/// A session that runs, and for whom.
package struct BoxOpening: Sendable {
    /// The session's id.
    package var session: String
    package var envelope: Envelope
    package var sandbox: SandboxID
    package var epoch: UInt64
    /// Secret, never logged.
    package var environment: [String: String]
    /// When the session ends at the latest, as far as Vercel tells.
    package var endsAt: ContinuousClock.Instant?
    /// Nothing of ours can be in it yet.
    package var isNew: Bool
}
