/// Chooses the provider of a new sandbox among those that are served.
package struct ProviderSelection: Sendable {
    /// The name that stands for no provider.
    package static let none = "none"

    package static let noneReason = "This fleet makes no sandboxes: its provider is \"none\"."

    private let descriptors: [String: Descriptor]
    private let fallback: String

    /// - Parameter fallback: The provider of requests that name none.
    package init(_ descriptors: some Sequence<Descriptor>, fallback: String) {
        // Workers of one provider may differ for the time of a rollout; any of them tells enough here.
        self.descriptors = Dictionary(descriptors.map { ($0.name, $0) }) { first, _ in first }
        self.fallback = fallback
    }

    /// The one that was asked for, or the default if it does, or the first by name that does.
    ///
    /// A provider that nobody serves at the moment, and that was asked for or is the default, is taken at its word: the
    /// sandbox waits for a worker of it.
    /// - Throws: `unsupported` with the reasons of everybody who was considered.
    package func choose(_ wish: String?, _ needs: ProviderNeeds) throws(DriverError) -> String {
        if let wish {
            try refuseNone(wish)
            try refuse(wish, needs)
            return wish
        }
        // Whoever switched sandboxes off does not want another provider instead.
        try refuseNone(fallback)
        guard let obstacles = obstacles(of: fallback, needs), !obstacles.isEmpty else { return fallback }
        // A user's own machine is used when it is asked for, and never because others could not.
        let others = descriptors.values.filter { !$0.isUsersMachine && $0.name != fallback }
            .sorted { $0.name < $1.name }
        if let other = others.first(where: { needs.obstacles(in: $0).isEmpty }) { return other.name }
        let reasons = ([fallback] + others.map(\.name))
            .map { "\($0): \(self.obstacles(of: $0, needs)?.joined(separator: ", ") ?? "not served")" }
        throw DriverError(.unsupported, "No provider can do this. \(reasons.joined(separator: "; ")).")
    }

    private func refuseNone(_ name: String) throws(DriverError) {
        guard name == Self.none else { return }
        throw DriverError(.unsupported, Self.noneReason)
    }

    private func refuse(_ name: String, _ needs: ProviderNeeds) throws(DriverError) {
        guard let obstacles = obstacles(of: name, needs), !obstacles.isEmpty else { return }
        throw DriverError(.unsupported, "\(name) cannot do this: \(obstacles.joined(separator: ", ")).")
    }

    private func obstacles(of name: String, _ needs: ProviderNeeds) -> [String]? {
        descriptors[name].map(needs.obstacles(in:))
    }
}
