/// Which connections a pool has and who waits for one; no I/O and no clock.
struct PoolState {
    typealias ConnectionID = Int
    typealias WaiterID = WaiterQueue.ID

    private let limit: Int
    /// The last returned is the first lent, so that few connections stay warm.
    private var idle: [ConnectionID] = []
    private var leased: Set<ConnectionID> = []
    private var connecting: Set<ConnectionID> = []
    private var waiters = WaiterQueue()
    private var nextConnection = 0
    private var isShutDown = false

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    enum LeaseAction: Equatable {
        case lease(ConnectionID)
        /// Wait, and if a connection is named, begin to make it.
        case wait(WaiterID, connect: ConnectionID?)
        case refuse
    }

    /// Someone wants a connection.
    mutating func lease(deadline: ContinuousClock.Instant) -> LeaseAction {
        guard !isShutDown else { return .refuse }
        if let id = idle.popLast() {
            leased.insert(id)
            return .lease(id)
        }
        let waiter = waiters.append(deadline: deadline)
        return .wait(waiter, connect: startConnecting())
    }

    enum PlaceAction: Equatable {
        case hand(ConnectionID, to: WaiterID)
        case keep
        case close(ConnectionID)
    }

    mutating func connected(_ id: ConnectionID) -> PlaceAction {
        connecting.remove(id)
        return place(id)
    }

    /// A connection came back in working order.
    mutating func release(_ id: ConnectionID) -> PlaceAction {
        leased.remove(id)
        return place(id)
    }

    /// A connection came back unusable; names the one to make in its place, if somebody waits.
    mutating func discard(_ id: ConnectionID) -> ConnectionID? {
        leased.remove(id)
        return startConnecting()
    }

    /// Names the waiters to fail: all of them once there is no connection left they could get.
    mutating func connectFailed(_ id: ConnectionID) -> [WaiterID] {
        connecting.remove(id)
        return leased.isEmpty && connecting.isEmpty ? waiters.removeAll() : []
    }

    /// Whether the waiter was still waiting.
    mutating func cancel(_ waiter: WaiterID) -> Bool {
        waiters.remove(waiter)
    }

    /// The waiters whose deadline has come.
    mutating func expire(now: ContinuousClock.Instant) -> [WaiterID] {
        var expired: [WaiterID] = []
        while let deadline = waiters.firstDeadline(), deadline <= now, let waiter = waiters.popFirst() {
            expired.append(waiter)
        }
        return expired
    }

    /// When `expire` has something to do next.
    mutating func nextDeadline() -> ContinuousClock.Instant? {
        waiters.firstDeadline()
    }

    /// Names the waiters to fail and the connections to close; the rest close as they come back.
    mutating func shutDown() -> (waiters: [WaiterID], connections: [ConnectionID]) {
        isShutDown = true
        defer { idle.removeAll() }
        return (waiters.removeAll(), idle)
    }

    private mutating func place(_ id: ConnectionID) -> PlaceAction {
        guard !isShutDown else { return .close(id) }
        guard let waiter = waiters.popFirst() else {
            idle.append(id)
            return .keep
        }
        leased.insert(id)
        return .hand(id, to: waiter)
    }

    private mutating func startConnecting() -> ConnectionID? {
        let isFull = idle.count + leased.count + connecting.count >= limit
        guard !isShutDown, !isFull, connecting.count < waiters.count else { return nil }
        defer { nextConnection += 1 }
        connecting.insert(nextConnection)
        return nextConnection
    }
}
