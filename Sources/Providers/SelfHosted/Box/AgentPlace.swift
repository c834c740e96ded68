import Model
import Wire

/// Where a sandbox is, and under which lease it is asked about.
struct AgentPlace: Sendable {
    var agent: AgentID
    var sandbox: SandboxID
    var epoch: UInt64
    /// Where on the machine it works; empty is the root that its user has set.
    var directory: String
    /// Whether programs are kept from the machine's network.
    var withoutNetwork = false

    func request(_ operation: (inout WireAgentRequest) -> Void) -> WireAgentRequest {
        var request = WireAgentRequest()
        request.sandboxID = sandbox.rawValue
        request.epoch = epoch
        operation(&request)
        return request
    }
}
