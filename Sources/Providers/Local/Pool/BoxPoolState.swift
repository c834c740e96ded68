/// Which boxes wait for a sandbox, and when the next one is made: a state machine without threads, clock or files.
struct BoxPoolState<Box: Sendable>: Sendable {
    /// What is to be done now.
    enum Action: Sendable, Equatable {
        case nothing
        /// Come back with `quiet` after the quiet time.
        case wait(turn: UInt64)
        /// Make one box, and tell by `made` or `failed`.
        case make
    }

    /// How many boxes are to wait.
    let size: Int
    private(set) var ready: [Box] = []
    private(set) var isMaking = false
    private(set) var isClosed = false
    /// Boxes that somebody waits for.
    private var asked = 0
    /// Counts them; whoever waits for quiet sees by it that there was none.
    private var turn: UInt64 = 0
    private var isWaiting = false
    /// The last attempt was in vain: what could help is a box that goes, or the next one that is asked for.
    private(set) var isHeld = false

    init(size: Int) {
        self.size = size
    }

    private var isShort: Bool { ready.count < size }

    /// Begins to fill at once: nobody is there yet whom it could disturb.
    mutating func open() -> Action { makeIfFree() }

    /// Somebody asks for a box, here or a new one: nothing is made meanwhile.
    mutating func askBegan() {
        asked += 1
        turn += 1
    }

    mutating func askEnded() -> Action {
        asked -= 1
        isHeld = false
        return waitIfFree()
    }

    /// A box has been stopped or deleted: what was lacking may be there now.
    mutating func roomCame() -> Action {
        guard isHeld else { return .nothing }
        isHeld = false
        return waitIfFree()
    }

    /// The quiet time is over that began with this turn.
    mutating func quiet(turn: UInt64) -> Action {
        isWaiting = false
        return turn == self.turn ? makeIfFree() : waitIfFree()
    }

    /// Takes the box that has waited longest.
    ///
    /// - Parameter isCurrent: Whether a box is still what one would be that is made now.
    /// - Returns: The box if there is one, and those that nobody may have any more.
    mutating func take(where isCurrent: (Box) -> Bool) -> (box: Box?, outdated: [Box]) {
        guard !isClosed else { return (nil, []) }
        let outdated = ready.filter { !isCurrent($0) }
        if !outdated.isEmpty { ready.removeAll { !isCurrent($0) } }
        return (ready.isEmpty ? nil : ready.removeFirst(), outdated)
    }

    /// - Returns: Whether the box is kept, and what comes next.
    mutating func made(_ box: Box) -> (isKept: Bool, next: Action) {
        isMaking = false
        guard !isClosed, isShort else { return (false, .nothing) }
        ready.append(box)
        return (true, makeIfFree())
    }

    mutating func failed() {
        isMaking = false
        isHeld = true
    }

    /// - Returns: The boxes that have waited in vain.
    mutating func close() -> [Box] {
        isClosed = true
        defer { ready = [] }
        return ready
    }

    private var isFree: Bool { !isClosed && !isMaking && !isHeld && asked == 0 && isShort }

    private mutating func makeIfFree() -> Action {
        guard isFree else { return .nothing }
        isMaking = true
        return .make
    }

    private mutating func waitIfFree() -> Action {
        guard isFree, !isWaiting else { return .nothing }
        isWaiting = true
        return .wait(turn: turn)
    }
}
