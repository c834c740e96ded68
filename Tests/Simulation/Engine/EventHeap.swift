/// What is going to happen, soonest first; what is due in the same millisecond comes in an order drawn by lot.
struct EventHeap {
    struct Event {
        var at: Int64
        var lot: UInt64
        var action: @Sendable () -> Void
    }

    private var events: [Event] = []

    mutating func push(_ event: Event) {
        events.append(event)
        var child = events.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isSooner(events[child], events[parent]) else { break }
            events.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Event? {
        guard let first = events.first else { return nil }
        let last = events.removeLast()
        guard !events.isEmpty else { return first }
        events[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < events.count {
                if Self.isSooner(events[child], events[least]) { least = child }
            }
            guard least != parent else { return first }
            events.swapAt(least, parent)
            parent = least
        }
    }

    private static func isSooner(_ left: Event, _ right: Event) -> Bool {
        left.at != right.at ? left.at < right.at : left.lot < right.lot
    }
}
