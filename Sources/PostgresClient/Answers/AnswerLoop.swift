import CLinux
import Dispatch
import Glibc
import NIOConcurrencyHelpers

/// One thread that collects the answers of all connections of a pool.
///
/// A statement is sent by the thread that has it, and its answer resumes the caller: no task, timer or thread of its own
/// stands between. The thread begins with the first statement, and ends with `stop`.
final class AnswerLoop: Sendable {
    private struct State {
        /// By their connections; the number of a socket may be another's by the time that this is looked at.
        var statements: [PoolState.ConnectionID: AwaitedStatement] = [:]
        /// When the thread looks at the deadlines next, without an event.
        var wakesAt: ContinuousClock.Instant?
        var isRunning = false
        var isStopped = false
    }

    private static let wakerToken = UInt64.max

    private let poller: Int32
    private let waker: Int32
    private let state = NIOLockedValueBox(State())

    init() {
        poller = linux_poller()
        waker = linux_waker()
        _ = linux_watch(poller, waker, 0, LINUX_READ.rawValue, Self.wakerToken)
    }

    deinit {
        close(poller)
        close(waker)
    }

    /// Collects the answer of a statement that was sent, also when the loop is to stop.
    func expect(_ statement: AwaitedStatement) {
        let (begins, wakes) = state.withLockedValue { state in
            state.statements[statement.lease.id] = statement
            defer { state.isRunning = true }
            let isEarlier = state.wakesAt.map { statement.deadline < $0 } ?? true
            if isEarlier { state.wakesAt = statement.deadline }
            return (!state.isRunning, isEarlier && state.isRunning)
        }
        watch(statement.lease)
        if begins { DispatchQueue(label: "postgres.answers").async { self.run() } }
        if wakes { wake() }
    }

    /// Takes no more statements, and ends the thread once those that were sent are answered.
    func stop() {
        state.withLockedValue { $0.isStopped = true }
        wake()
    }

    /// For one event: a connection that is lent to somebody else wakes nobody here.
    private func watch(_ lease: PostgresPool.Lease) {
        _ = linux_watch_once(poller, lease.connection.socket, UInt64(lease.id))
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(waker, &one, MemoryLayout<UInt64>.size)
    }

    private func run() {
        var events = [linux_event](repeating: linux_event(), count: Int(LINUX_EVENT_CAPACITY))
        while let timeout = nextTimeout() {
            let count = linux_poll(poller, &events, timeout)
            for event in events.prefix(Int(max(0, count))) {
                if event.token == Self.wakerToken {
                    var number: UInt64 = 0
                    _ = read(waker, &number, MemoryLayout<UInt64>.size)
                } else {
                    collect(PoolState.ConnectionID(event.token))
                }
            }
        }
    }

    /// Milliseconds until the first deadline, after those that have passed were seen to; nil once stopped.
    private func nextTimeout() -> Int32? {
        let now = ContinuousClock.now
        let (late, next) = state.withLockedValue { state -> ([AwaitedStatement], Int32?) in
            state.isRunning = !state.isStopped || !state.statements.isEmpty
            guard state.isRunning else { return ([], nil) }
            guard let wakesAt = state.wakesAt else { return ([], -1) }
            guard wakesAt <= now else { return ([], Self.milliseconds(until: wakesAt, from: now)) }
            let late = state.statements.values.filter { $0.deadline <= now }
            for statement in late { state.statements[statement.lease.id] = nil }
            state.wakesAt = state.statements.values.map(\.deadline).min()
            // Once more, when it has stopped and these were the last.
            guard let wakesAt = state.wakesAt else { return (late, state.isStopped ? 0 : -1) }
            return (late, Self.milliseconds(until: wakesAt, from: now))
        }
        for statement in late { giveUp(statement) }
        return next
    }

    private static func milliseconds(until instant: ContinuousClock.Instant, from now: ContinuousClock.Instant) -> Int32
    {
        Int32(clamping: now.duration(to: instant).milliseconds + 1)
    }

    private func collect(_ connection: PoolState.ConnectionID) {
        guard let statement = state.withLockedValue({ $0.statements[connection] }) else { return }
        let (lease, pool) = (statement.lease, statement.pool)
        guard let answer = lease.connection.collect() else { return watch(lease) }
        state.withLockedValue { $0.statements[connection] = nil }
        // The connection first: who is resumed may want one.
        lease.connection.end(answer.condition) { pool.giveBack(lease) }
        statement.caller.resolve(answer.result.mapError { $0 })
    }

    private func giveUp(_ statement: AwaitedStatement) {
        statement.lease.connection.cancel(statement.ticket)
        statement.pool.discard(statement.lease)
        statement.caller.resolve(.failure(PostgresError(.connectionLost, "the server did not answer in time")))
    }
}
