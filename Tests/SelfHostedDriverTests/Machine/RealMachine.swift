import Bus
import FleetTesting
import Glibc
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import ServiceHost
import SwiftProtobuf
import Wire

@testable import Agent

/// The agent's own core and real keepers; only enrollment and credentials are left out.
final class RealMachine: Sendable {
    private struct Run {
        var host: SandboxHost
        var server: AgentServer
        var subscription: NATSSubscription
        var jobs: Task<Void, Never>
        var beats: Task<Void, Never>
    }

    let workspace = WorkspaceID.now()
    let id = AgentID.now()
    let root: String
    private let bus: Bus
    private let paths: AgentPaths
    private let daemon: String
    private let run = NIOLockedValueBox<Run?>(nil)

    init(_ bus: Bus, folder: String) throws {
        self.bus = bus
        root = folder + "/root"
        paths = AgentPaths(configuration: folder + "/etc", state: folder + "/state")
        daemon = try Products.path("boxd")
        try paths.makeState()
        guard mkdir(root, 0o755) == 0 else { throw FixtureError("\(root) cannot be made") }
    }

    func start() async throws {
        let instance = AgentInstanceID.now()
        let log = ActivityLog(path: paths.log)
        let host = try SandboxHost(
            paths: paths,
            configuration: AgentConfiguration(root: root),
            daemon: daemon,
            log: log,
            jobs: Dispatcher()
        )
        let server = AgentServer(host: host, status: AgentStatus(log: log), clock: bus.clock)
        let jobs = Task { await host.jobs.run() }
        let connection = bus.connection
        let line = Line(requests: connection, beats: connection, beatSubject: Subject.beat(workspace, id))
        let subscription = try connection.subscribe(subject: Subject.agent(workspace, id, instance)) { message in
            server.receive(message, on: line)
        }
        try await connection.flush()
        try beat(instance, sequence: 1)
        let beats = Task {
            // A machine that is slow with many others must not count as silent.
            do {
                for sequence in UInt64(2)... {
                    try await Task.sleep(for: .seconds(2))
                    try beat(instance, sequence: sequence)
                }
            } catch {
                // The machine was killed, or the test is over.
            }
        }
        run.withLockedValue {
            $0 = Run(host: host, server: server, subscription: subscription, jobs: jobs, beats: beats)
        }
    }

    private func beat(_ instance: AgentInstanceID, sequence: UInt64) throws {
        var beat = WireAgentBeat()
        beat.instance = instance.rawValue
        beat.sequence = sequence
        beat.capabilities.exec = true
        beat.capabilities.files = true
        try bus.connection.publish(
            subject: Subject.beat(workspace, id),
            payload: ByteBuffer(bytes: try beat.serializedBytes() as [UInt8])
        )
    }

    /// All that the agent's process holds is gone at once; keepers and what they run are not.
    func kill() async throws {
        guard let run = run.withLockedValue({ $0 }) else { return }
        run.beats.cancel()
        run.subscription.unsubscribe()
        try await bus.connection.flush()
        for sandbox in run.host.all { sandbox.disconnect() }
        run.host.jobs.finish()
        await run.jobs.value
        self.run.withLockedValue { $0 = nil }
    }
}
