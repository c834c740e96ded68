import Model
import ProviderKit

/// What an envelope says of a sandbox on a user's machine.
struct MachineIdentity: Sendable, Hashable {
    /// The row of the attempt; what serves it on the machine goes by the sandbox.
    var box: BoxID
    var agent: AgentID
    var sandbox: SandboxID

    init(box: BoxID, agent: AgentID, sandbox: SandboxID) {
        self.box = box
        self.agent = agent
        self.sandbox = sandbox
    }

    init(_ envelope: Envelope) throws(DriverError) {
        let state = envelope.sessionState.providerState
        guard envelope.backendId == SelfHostedDriver.name, let box = envelope.boxId.flatMap(BoxID.init),
            let agent = state["agentId"].flatMap(AgentID.init), let sandbox = state["sandboxId"].flatMap(SandboxID.init)
        else { throw DriverError(.invalid, "The envelope does not name a sandbox on a user's machine.") }
        self.init(box: box, agent: agent, sandbox: sandbox)
    }

    func envelope(keeper: String, account: String) -> Envelope {
        Envelope(
            backendId: SelfHostedDriver.name,
            sessionState: .init(
                providerState: [
                    "boxId": box.rawValue, "account": account, "agentId": agent.rawValue,
                    "sandboxId": sandbox.rawValue, "keeperId": keeper,
                ],
                workspaceReady: true
            )
        )
    }
}
