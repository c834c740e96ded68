package import Model

/// Every subject of the fleet, the form that publishes beside the form that subscribes.
package enum Subject {
    /// `sandbox.<ws>.<id>.rpc`: operations on a live sandbox, served by its lease holder alone.
    package static func sandbox(_ workspace: WorkspaceID, _ sandbox: SandboxID) -> String {
        "sandbox.\(workspace).\(sandbox).rpc"
    }

    /// `sandbox.*.*.rpc`.
    package static let anySandbox = "sandbox.*.*.rpc"

    /// `provider.<name>.acquire`: taking the lease of a sandbox that is bound to no host, a queue group of the provider's
    /// workers.
    package static func acquire(provider: String) -> String { "provider.\(provider).acquire" }

    /// `provider.<name>.<placement>.acquire`: the same for a sandbox whose box is on one host.
    package static func acquire(provider: String, placement: String) -> String {
        "provider.\(provider).\(placement).acquire"
    }

    /// The form for a sandbox that may or may not be bound.
    package static func acquire(provider: String, placement: String?) -> String {
        placement.map { acquire(provider: provider, placement: $0) } ?? acquire(provider: provider)
    }

    /// `provider.<name>.upkeep`: work on a provider that no sandbox's owner has to do, a queue group of its workers.
    package static func upkeep(provider: String) -> String { "provider.\(provider).upkeep" }

    /// `provider.<name>.<placement>.upkeep`: the same on one host.
    package static func upkeep(provider: String, placement: String?) -> String {
        placement.map { "provider.\(provider).\($0).upkeep" } ?? upkeep(provider: provider)
    }

    /// `provider.>`.
    package static let anyAcquire = "provider.>"

    /// `worker.<worker>.rpc`: directed control of one worker incarnation.
    package static func worker(_ worker: WorkerID) -> String { "worker.\(worker).rpc" }

    /// `worker.*.rpc`.
    package static let anyWorker = "worker.*.rpc"

    /// `tunnel.<ws>.<conn>.up`: bytes from the end that opened the tunnel.
    package static func tunnelUp(_ workspace: WorkspaceID, _ tunnel: TunnelID) -> String {
        "tunnel.\(workspace).\(tunnel).up"
    }

    /// `tunnel.<ws>.<conn>.down`: bytes to the end that opened the tunnel.
    package static func tunnelDown(_ workspace: WorkspaceID, _ tunnel: TunnelID) -> String {
        "tunnel.\(workspace).\(tunnel).down"
    }

    /// `tunnel.*.*.up`.
    package static let anyTunnelUp = "tunnel.*.*.up"
    /// `tunnel.*.*.down`.
    package static let anyTunnelDown = "tunnel.*.*.down"

    /// `agent.<ws>.<agent>.<instance>.rpc`: operations on a user's machine, served by one run of one agent.
    package static func agent(_ workspace: WorkspaceID, _ agent: AgentID, _ instance: AgentInstanceID) -> String {
        "agent.\(workspace).\(agent).\(instance).rpc"
    }

    /// `agent.<ws>.<agent>.beat`: that an agent lives, and that it is about to leave.
    package static func beat(_ workspace: WorkspaceID, _ agent: AgentID) -> String {
        "agent.\(workspace).\(agent).beat"
    }

    /// `agent.*.*.*.rpc`.
    package static let anyAgent = "agent.*.*.*.rpc"
    /// `agent.*.*.beat`.
    package static let anyBeat = "agent.*.*.beat"

    /// `event.<ws>.<kind>.<id>`: what happened, from the outbox, in the stream `EVENTS`.
    package static func event(_ workspace: WorkspaceID, kind: String, id: String) -> String {
        "event.\(workspace).\(kind).\(id)"
    }

    /// `event.>`.
    package static let anyEvent = "event.>"

    /// `output.<ws>.<sandbox>.<process>`: a process's chunks, in the stream `OUTPUT`.
    package static func output(_ workspace: WorkspaceID, _ sandbox: SandboxID, _ process: ProcessID) -> String {
        "output.\(workspace).\(sandbox).\(process)"
    }

    /// `output.>`.
    package static let anyOutput = "output.>"

    /// `ended.<ws>.<process>`: the process's row has just been ended; whoever waits reads it.
    package static func ended(_ workspace: WorkspaceID, _ process: ProcessID) -> String {
        "ended.\(workspace).\(process)"
    }

    /// `ended.*.*`.
    package static let anyEnded = "ended.*.*"

    /// `$SRV.<verb>`, `$SRV.<verb>.<name>`, `$SRV.<verb>.<name>.<id>`: the NATS service protocol (ADR-32).
    package static func services(_ verb: String, name: String? = nil, id: String? = nil) -> String {
        (["$SRV", verb] + [name, id].compactMap { $0 }).joined(separator: ".")
    }

    /// `_INBOX.<role>.<id>`: where one connection takes its replies.
    package static func inbox(role: String, id: String) -> String { "_INBOX.\(role).\(id)" }

    /// `_INBOX.<role>.>`.
    package static func inboxes(role: String) -> String { "_INBOX.\(role).>" }
}
