/// The users of the bus, one a role, and what each may publish and subscribe to.
///
/// Replies are published to the asker's inbox, so a role that serves may publish to the inboxes of those who ask it.
package struct BusRole: Sendable, Hashable {
    package var name: String
    package var publish: [String]
    package var subscribe: [String]

    private init(_ name: String, publish: [String], subscribe: [String]) {
        self.name = name
        self.publish = publish + ["$SRV.>"]
        self.subscribe = subscribe + [Subject.inboxes(role: name), "$SRV.>"]
    }

    /// Asks sandboxes and providers; opens tunnels; reads output, and appends that of observed processes.
    package static let gateway = BusRole(
        "gateway",
        publish: [Subject.anySandbox, Subject.anyAcquire, Subject.anyTunnelUp, Subject.anyOutput, Subject.anyEnded]
            + readingOutput + inboxes(of: "admin", "gateway"),
        subscribe: [Subject.anyTunnelDown, Subject.anyEnded]
    )

    /// Serves sandboxes; answers everybody who asks; appends output.
    package static let worker = BusRole(
        "worker",
        publish: [Subject.anyTunnelDown, Subject.anyWorker, Subject.anyOutput, Subject.anyEnded]
            + ["$JS.API.STREAM.CREATE.OUTPUT", "$JS.API.STREAM.UPDATE.OUTPUT"] + readingOutput
            + [Subject.anyAgent] + inboxes(of: "admin", "gateway", "reaper", "worker"),
        subscribe: [
            Subject.anySandbox, Subject.anyAcquire, Subject.anyWorker, Subject.anyTunnelUp, Subject.anyBeat,
        ]
    )

    /// Asks owners, carries the outbox into its stream, hears agents.
    package static let reaper = BusRole(
        "reaper",
        publish: [Subject.anySandbox, Subject.anyAcquire, Subject.anyWorker, Subject.anyEvent, "$JS.API.>", "$JS.FC.>"]
            + inboxes(of: "admin", "gateway", "reaper"),
        subscribe: [Subject.anyBeat]
    )

    /// A person with `nats`: sees the fleet, asks anything, serves nothing.
    package static let admin = BusRole(
        "admin",
        publish: [Subject.anySandbox, Subject.anyAcquire, Subject.anyWorker, "$JS.API.>"],
        subscribe: [Subject.anyEvent]
    )

    package static let all: [BusRole] = [.gateway, .worker, .reaper, .admin]

    /// What reading the stream `OUTPUT` takes; flow control is answered on `$JS.FC`.
    private static let readingOutput = [
        "$JS.API.STREAM.INFO.OUTPUT", "$JS.API.STREAM.MSG.GET.OUTPUT", "$JS.API.DIRECT.GET.OUTPUT",
        "$JS.API.CONSUMER.CREATE.OUTPUT", "$JS.API.CONSUMER.CREATE.OUTPUT.>", "$JS.API.CONSUMER.DELETE.OUTPUT.>",
        "$JS.FC.OUTPUT.>",
    ]

    private static func inboxes(of roles: String...) -> [String] { roles.map(Subject.inboxes) }
}
