import Bus
import Metrics
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import Store
import SwiftProtobuf
import Wire

/// The beats that were heard and are not written yet: the newest of each run, at most.
final class AgentBeats: Sendable {
    /// More runs than this at once are not believed: what is new then is dropped, and heard again in five seconds.
    static let capacity = 100_000
    /// Reapers share the beats.
    static let queue = "reaper"

    private struct Run: Hashable {
        var agent: AgentID
        var instance: AgentInstanceID
    }

    private let waiting = NIOLockedValueBox<[Run: AgentBeat]>([:])
    private let heard = Counter(label: "sandfleet.reaper.agents.beats")
    private let refused = Counter(label: "sandfleet.reaper.agents.beats.refused")

    /// Hears every agent, until the subscription is ended or released.
    func listen(on bus: Bus) throws -> NATSSubscription {
        try bus.connection.subscribe(subject: Subject.anyBeat, queue: Self.queue, delivery: .lossless) { message in
            self.take(subject: message.subject, Array(buffer: message.payload))
        }
    }

    /// Who sends it is told by the subject, for the server lets an agent publish to its own only.
    func take(subject: String, _ payload: [UInt8]) {
        let tokens = subject.split(separator: ".", omittingEmptySubsequences: false)
        guard tokens.count == 4, let workspace = WorkspaceID(String(tokens[1])), let agent = AgentID(String(tokens[2])),
            let beat = try? WireAgentBeat(serializedBytes: payload), let instance = AgentInstanceID(beat.instance),
            let sequence = Int64(exactly: beat.sequence)
        else {
            refused.increment()
            return
        }
        heard.increment()
        keep([
            AgentBeat(
                workspace: workspace,
                agent: agent,
                instance: instance,
                sequence: sequence,
                isLeaving: beat.leaving,
                load: beat.hasLoad ? AgentLoad(beat.load) : nil,
                capabilities: beat.hasCapabilities ? AgentCapabilities(beat.capabilities) : nil
            )
        ])
    }

    /// Keeps the newer of what is there and what comes.
    func keep(_ beats: [AgentBeat]) {
        waiting.withLockedValue { waiting in
            for beat in beats {
                let run = Run(agent: beat.agent, instance: beat.instance)
                guard waiting[run] != nil || waiting.count < Self.capacity else { continue }
                if let known = waiting[run], known.sequence >= beat.sequence { continue }
                waiting[run] = beat
            }
        }
    }

    /// Takes at most so many of them away.
    func take(_ limit: Int) -> [AgentBeat] {
        waiting.withLockedValue { waiting in
            guard waiting.count > limit else {
                defer { waiting.removeAll(keepingCapacity: true) }
                return Array(waiting.values)
            }
            let runs = Array(waiting.keys.prefix(limit))
            return runs.compactMap { waiting.removeValue(forKey: $0) }
        }
    }
}
