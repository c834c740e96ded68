/// The kinds of things that have a durable id.
package enum Kind {
    package enum Sandbox: Sendable {}
    package enum Workspace: Sendable {}
    package enum Worker: Sendable {}
    package enum Process: Sendable {}
    package enum Operation: Sendable {}
    package enum Key: Sendable {}
    package enum Box: Sendable {}
    package enum Tunnel: Sendable {}
    package enum Event: Sendable {}
    package enum Fleet: Sendable {}
    package enum Archive: Sendable {}
    package enum Agent: Sendable {}
    package enum AgentInstance: Sendable {}
    package enum Enrollment: Sendable {}
}

package typealias SandboxID = Identifier<Kind.Sandbox>
package typealias WorkspaceID = Identifier<Kind.Workspace>
package typealias WorkerID = Identifier<Kind.Worker>
package typealias ProcessID = Identifier<Kind.Process>
package typealias OperationID = Identifier<Kind.Operation>
package typealias KeyID = Identifier<Kind.Key>
/// Our own id of one attempt to have a box; the provider's id of it is a plain string.
package typealias BoxID = Identifier<Kind.Box>
package typealias TunnelID = Identifier<Kind.Tunnel>
package typealias EventID = Identifier<Kind.Event>
package typealias FleetID = Identifier<Kind.Fleet>
/// A saved workspace: a user's checkpoint, or the snapshot of a drain.
package typealias ArchiveID = Identifier<Kind.Archive>
/// A user's own machine, for as long as its enrollment lasts.
package typealias AgentID = Identifier<Kind.Agent>
/// One run of an agent.
package typealias AgentInstanceID = Identifier<Kind.AgentInstance>
package typealias EnrollmentID = Identifier<Kind.Enrollment>
