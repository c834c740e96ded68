import BoxProtocol
import Glibc

/// Finds out that a connection is half dead: it stays open, and nothing comes any more.
///
/// Nothing is sent while nobody waits for an answer or follows a process, and while bytes come or go.
struct BoxLivenessWatch: Sendable {
    let channel: BoxChannel
    let liveness: BoxLiveness
    /// Whether the provider says that the box stands still, so that silence proves nothing.
    let isExpected: @Sendable () async -> Bool
    /// Makes the way to the daemon anew where that can be done without losing anything.
    let renew: @Sendable () async -> Void

    /// Returns when the channel is closed.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await channel.waitUntilClosed() }
            group.addTask { await watch() }
            await group.next()
            group.cancelAll()
        }
    }

    private func watch() async {
        while !Task.isCancelled, !channel.isClosed {
            guard let since = channel.quietSince else {
                guard await pause(until: .now + liveness.quiet) else { return }
                continue
            }
            guard await pause(until: since + liveness.quiet) else { return }
            guard channel.quietSince == since else { continue }
            if await answers(since, within: liveness.renewal) { continue }
            if await isExpected() { continue }
            await renew()
            if await answers(since, within: liveness.patience) { continue }
            guard !Task.isCancelled else { return }
            channel.close(BoxError(.connectionClosed, errno: ETIMEDOUT))
        }
    }

    /// Asks the daemon, and whether anything has come by then, be it an answer or something else.
    private func answers(_ since: ContinuousClock.Instant, within limit: Duration) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            // What it answers does not matter, and that the channel was closed is seen by the caller.
            group.addTask { _ = try? await channel.request(.ping, EmptyMessage()) }
            group.addTask { _ = await pause(until: .now + limit) }
            await group.next()
            group.cancelAll()
        }
        return channel.isClosed || channel.quietSince != since
    }

    /// - Returns: False when cancelled.
    private func pause(until moment: ContinuousClock.Instant) async -> Bool {
        do {
            try await Task.sleep(until: moment, clock: .continuous)
            return true
        } catch {
            return false
        }
    }
}
