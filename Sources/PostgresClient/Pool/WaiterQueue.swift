/// Waiters in the order of their coming, each removable at any time.
struct WaiterQueue {
    typealias ID = UInt64

    private var deadlines: [ID: ContinuousClock.Instant] = [:]
    private var head: ID = 0
    private var tail: ID = 0

    var count: Int { deadlines.count }
    var isEmpty: Bool { deadlines.isEmpty }

    mutating func append(deadline: ContinuousClock.Instant) -> ID {
        defer { tail += 1 }
        deadlines[tail] = deadline
        return tail
    }

    mutating func remove(_ id: ID) -> Bool {
        deadlines.removeValue(forKey: id) != nil
    }

    mutating func popFirst() -> ID? {
        while head < tail {
            defer { head += 1 }
            if deadlines.removeValue(forKey: head) != nil { return head }
        }
        return nil
    }

    /// All waiters have the same patience, so the first to come is the first to expire.
    mutating func firstDeadline() -> ContinuousClock.Instant? {
        while head < tail {
            if let deadline = deadlines[head] { return deadline }
            head += 1
        }
        return nil
    }

    mutating func removeAll() -> [ID] {
        var ids: [ID] = []
        while let id = popFirst() { ids.append(id) }
        return ids
    }
}
