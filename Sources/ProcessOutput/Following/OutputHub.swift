package import Bus
package import Logging
package import Model
import NATSClient
import NIOConcurrencyHelpers

/// Hands the output of running processes to any number of followers: one consumer for each process (rule 20).
///
/// A follower that keeps up is fed from a ring in memory. One that is too slow for the ring reads from the stream by
/// itself and comes back; it slows nobody.
package final class OutputHub: Sendable {
    private struct Member {
        let channel: OutputChannel
        var followers = 0
        /// Since when nobody follows.
        var unusedSince: ContinuousClock.Instant?
    }

    private struct State {
        var members: [String: Member] = [:]
        var lastFollower = 0
        var isClosed = false
    }

    /// How often waits are looked at.
    private static let tick = Duration.milliseconds(200)
    /// How long a process is followed that nobody follows any more.
    private static let linger = Duration.seconds(5)
    /// The most that one ring holds, and all of them together.
    private static let ringLimit = 4 << 20
    private static let totalLimit = 256 << 20

    let bus: Bus
    private let logger: Logger
    private let state = NIOLockedValueBox(State())
    private let starts: AsyncStream<OutputChannel>
    private let startsContinuation: AsyncStream<OutputChannel>.Continuation
    private let activity: AsyncStream<Void>
    private let activityContinuation: AsyncStream<Void>.Continuation

    package init(bus: Bus, logger: Logger) {
        self.bus = bus
        self.logger = logger
        (starts, startsContinuation) = AsyncStream.makeStream()
        (activity, activityContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Owns the consumers; ends when its task is cancelled, and with it all followers.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watch() }
            for await channel in starts {
                group.addTask { await self.drive(channel) }
            }
            group.cancelAll()
        }
        let members = state.withLockedValue { state in
            state.isClosed = true
            defer { state.members = [:] }
            return Array(state.members.values)
        }
        for member in members { member.channel.retire() }
    }

    /// A follower from a chunk on, whether that is stored already or not.
    ///
    /// - Parameter reader: For what is not in the ring. Throws what reading the first batch throws.
    package func follow(
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID,
        from sequence: UInt64,
        reader: OutputReader
    ) async throws -> OutputFollower {
        let id = state.withLockedValue { state in
            state.lastFollower += 1
            return state.lastFollower
        }
        let follower = OutputFollower(
            hub: self,
            id: id,
            subject: Subject.output(workspace, sandbox, process),
            from: max(1, sequence),
            reader: reader
        )
        try await follower.begin()
        return follower
    }
}

extension OutputHub {
    /// Counts one follower more, of a channel that is there or is made.
    ///
    /// Throws a `CancellationError` when the hub has ended.
    func join(_ subject: String, after streamSequence: UInt64) throws -> OutputChannel {
        let (channel, isNew) = try state.withLockedValue { state in
            if state.isClosed { throw CancellationError() }
            var member =
                state.members[subject]
                ?? Member(channel: OutputChannel(subject: subject, streamStart: streamSequence + 1))
            let isNew = state.members[subject] == nil
            member.followers += 1
            member.unusedSince = nil
            state.members[subject] = member
            return (member.channel, isNew)
        }
        if isNew {
            startsContinuation.yield(channel)
            activityContinuation.yield()
        }
        return channel
    }

    func leave(_ channel: OutputChannel) {
        state.withLockedValue { state in
            guard var member = state.members[channel.subject], member.channel === channel else { return }
            member.followers -= 1
            if member.followers == 0 { member.unusedSince = .now }
            state.members[channel.subject] = member
        }
    }

    /// One timer for all followers; none while nobody follows.
    private func watch() async {
        for await _ in activity {
            while !Task.isCancelled, sweep(at: .now) {
                // Cancelled: the loop sees it.
                try? await Task.sleep(for: Self.tick)
            }
        }
    }

    private func sweep(at now: ContinuousClock.Instant) -> Bool {
        let (members, unused) = state.withLockedValue { state in
            let unused = state.members.values.filter { $0.unusedSince.map { now - $0 >= Self.linger } ?? false }
            for member in unused { state.members[member.channel.subject] = nil }
            return (Array(state.members.values), unused)
        }
        for member in unused { member.channel.retire() }
        for member in members { member.channel.expire(at: now) }
        return !members.isEmpty
    }

    private func drive(_ channel: OutputChannel) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.consume(channel) }
            group.addTask { await channel.retired() }
            await group.next()
            group.cancelAll()
        }
        state.withLockedValue { state in
            if state.members[channel.subject]?.channel === channel { state.members[channel.subject] = nil }
        }
        channel.retire()
    }

    /// Feeds the channel until the record ends.
    private func consume(_ channel: OutputChannel) async {
        let consumer = bus.bulk.jetStream()
            .orderedConsumer(
                stream: OutputStream.name,
                subject: channel.subject,
                from: channel.streamStart
            )
        do {
            for try await message in consumer {
                let stored = try StoredBatch(message)
                channel.add(stored, limit: ringLimit)
                guard stored.batch.position.hasEnded else { continue }
                // Those who are close take the end from the ring; later ones find it in the stream.
                try await Task.sleep(for: Self.linger)
                return
            }
        } catch is CancellationError {
            // Nobody follows any more.
        } catch {
            logger.warning("following output failed", metadata: ["subject": "\(channel.subject)", "error": "\(error)"])
        }
    }

    private var ringLimit: Int {
        let count = state.withLockedValue { $0.members.count }
        return min(Self.ringLimit, max(2 * ChunkBatch.maximumLength, Self.totalLimit / max(1, count)))
    }
}
