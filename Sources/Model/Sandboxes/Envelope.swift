/// What must be stored to find a box again: identity only, never policy.
///
/// The layout follows the session state of the clients that Sandfleet replaces; unknown fields are tolerated.
package struct Envelope: Sendable, Hashable, Codable {
    /// The provider's name.
    package var backendId: String
    package var sessionState: SessionState

    package init(backendId: String, sessionState: SessionState) {
        self.backendId = backendId
        self.sessionState = sessionState
    }

    /// The provider's own word for the box and what is known of its workspace.
    package struct SessionState: Sendable, Hashable, Codable {
        /// Whatever the driver needs to resume: at least the box's id under `boxId`, and the binding (account, placement).
        package var providerState: [String: String]
        package var exposedPorts: [Int]
        package var workspaceReady: Bool

        package init(providerState: [String: String], exposedPorts: [Int] = [], workspaceReady: Bool) {
            self.providerState = providerState
            self.exposedPorts = exposedPorts
            self.workspaceReady = workspaceReady
        }
    }

    /// The provider's id of the box, when there is one.
    package var boxId: String? { sessionState.providerState["boxId"] }
}
