import Model
import Store

/// Who waits for which process; a state machine under the lock of ``EndedProcesses``.
struct WatchBook {
    struct Key: Hashable, Sendable {
        var process: ProcessID
        var workspace: WorkspaceID
    }

    enum Joining: Sendable {
        /// Nobody watched it before.
        case first
        case joined
        /// It has left already, or nobody watches any more.
        case refused
    }

    typealias Waiter = CheckedContinuation<ProcessRecord?, Never>
    typealias Sleeper = CheckedContinuation<Void, Never>

    private struct Watch {
        var waiters: [UInt64: Waiter] = [:]
        /// A signal came since the last look.
        var isSignalled = false
        /// The watching task, between two looks.
        var sleeper: Sleeper?
    }

    private var watches: [Key: Watch] = [:]
    private var lastTicket: UInt64 = 0
    /// Waiters that have not left; one may leave before it has joined.
    private var tickets: Set<UInt64> = []
    private var isClosed = false

    mutating func newTicket() -> UInt64 {
        lastTicket += 1
        tickets.insert(lastTicket)
        return lastTicket
    }

    mutating func join(_ key: Key, _ ticket: UInt64, _ waiter: Waiter) -> Joining {
        guard !isClosed, tickets.contains(ticket) else { return .refused }
        let isFirst = watches[key] == nil
        watches[key, default: Watch()].waiters[ticket] = waiter
        return isFirst ? .first : .joined
    }

    /// Whom to resume: the one that leaves, and the watching task when nobody is left.
    mutating func leave(_ key: Key, _ ticket: UInt64) -> (Waiter?, Sleeper?) {
        tickets.remove(ticket)
        guard let waiter = watches[key]?.waiters.removeValue(forKey: ticket) else { return (nil, nil) }
        guard watches[key]?.waiters.isEmpty ?? true else { return (waiter, nil) }
        return (waiter, heard(key))
    }

    /// The watching task looks at the row now; signals from here on are news.
    mutating func look(_ key: Key) {
        watches[key]?.isSignalled = false
    }

    /// A signal came; gives the watching task when it sleeps.
    mutating func heard(_ key: Key) -> Sleeper? {
        watches[key]?.isSignalled = true
        return wake(key)
    }

    mutating func wake(_ key: Key) -> Sleeper? {
        let sleeper = watches[key]?.sleeper
        watches[key]?.sleeper = nil
        return sleeper
    }

    /// Whether the watching task may sleep: somebody waits, and no signal came since its last look.
    mutating func sleep(_ key: Key, _ sleeper: Sleeper) -> Bool {
        guard let watch = watches[key], !watch.isSignalled else { return false }
        watches[key]?.sleeper = sleeper
        return true
    }

    /// Forgets a watch that nobody waits for; true when it did.
    mutating func isAbandoned(_ key: Key) -> Bool {
        guard watches[key]?.waiters.isEmpty ?? true else { return false }
        watches[key] = nil
        return true
    }

    /// Forgets a watch whose process has ended, and gives all who waited.
    mutating func finish(_ key: Key) -> [Waiter] {
        Array((watches.removeValue(forKey: key)?.waiters ?? [:]).values)
    }

    mutating func close() -> [Waiter] {
        isClosed = true
        defer { watches = [:] }
        return watches.values.flatMap { Array($0.waiters.values) }
    }
}
