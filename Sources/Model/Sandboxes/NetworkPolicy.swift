/// What a sandbox may reach on the network.
package enum NetworkPolicy: String, Sendable, CaseIterable, Codable {
    /// Loopback only.
    case none
    /// Everything that the host of the box reaches.
    case full
}
