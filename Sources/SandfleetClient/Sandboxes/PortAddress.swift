/// Where a port of a sandbox is reached from outside.
public struct PortAddress: Codable, Hashable, Sendable {
    /// The port in the sandbox.
    public var port: Int
    /// Where it is reached.
    public var url: String
    /// What a request has to carry to be let in; secret.
    public var headers: [String: String]
}
