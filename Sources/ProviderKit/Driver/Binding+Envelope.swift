package import Model

extension Envelope {
    /// Of which account its box is; nil where it does not say.
    package var account: String? { sessionState.providerState["account"] }
}

extension Binding {
    fileprivate enum Key: String, CaseIterable {
        case account
        case project
        case region
        case baseURL
        case placement
    }

    /// What belongs into the `providerState` of an envelope beside the box's id.
    package var state: [String: String] {
        var state: [String: String] = [:]
        for key in Key.allCases { state[key.rawValue] = self[key] }
        return state
    }

    /// An envelope of a box under this binding.
    package func envelope(
        provider: String,
        box: String,
        other: [String: String] = [:],
        ports: [Int] = []
    ) -> Envelope {
        let state = other.merging(state) { _, own in own }.merging(["boxId": box]) { _, own in own }
        return Envelope(
            backendId: provider,
            sessionState: .init(providerState: state, exposedPorts: ports, workspaceReady: true)
        )
    }

    /// Why nothing can be said, under this binding, about the box of an envelope; nil when it was made under this very one.
    ///
    /// What this binding has and the envelope does not say counts as another: only proof is proof.
    package func obstacle(to envelope: Envelope) -> DriverError? {
        let known = envelope.sessionState.providerState
        for key in [Key.placement, .account, .project, .region, .baseURL] where known[key.rawValue] != self[key] {
            guard key != .placement else {
                return DriverError(.placementOffline, "The box lives on another host.")
            }
            return DriverError(
                .unauthorized,
                "The box was made under another \(key.word): the credentials of this worker do not reach it."
            )
        }
        return nil
    }

    /// The one place that decides what a provider's NotFound about a box proves.
    ///
    /// - Returns: `gone` under the binding that made the box, and never elsewhere.
    package func verdict(onNotFoundOf envelope: Envelope) -> DriverError {
        obstacle(to: envelope) ?? DriverError(.gone, "The provider says that the box does not exist.")
    }

    private subscript(key: Key) -> String? {
        switch key {
        case .account: account
        case .project: project
        case .region: region
        case .baseURL: baseURL
        case .placement: placement
        }
    }
}

extension Binding.Key {
    fileprivate var word: String {
        switch self {
        case .account: "account"
        case .project: "project"
        case .region: "region"
        case .baseURL: "address"
        case .placement: "host"
        }
    }
}
