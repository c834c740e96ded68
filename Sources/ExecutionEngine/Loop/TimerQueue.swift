/// Names a scheduled action.
package struct LoopTimer: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// A binary heap of deadlines.
///
/// A cancelled timer leaves the heap when it reaches the top.
struct TimerQueue {
    private struct Entry {
        var deadline: UInt64
        var timer: LoopTimer
    }

    private var heap: [Entry] = []
    private var actions: [LoopTimer: () -> Void] = [:]
    private var lastNumber: UInt64 = 0

    mutating func add(deadline: UInt64, _ action: @escaping () -> Void) -> LoopTimer {
        lastNumber += 1
        let timer = LoopTimer(number: lastNumber)
        actions[timer] = action
        heap.append(Entry(deadline: deadline, timer: timer))
        siftUp(from: heap.count - 1)
        return timer
    }

    mutating func remove(_ timer: LoopTimer) {
        actions[timer] = nil
        if actions.isEmpty {
            heap.removeAll(keepingCapacity: true)
        }
    }

    /// The earliest deadline that still has an action.
    mutating func nextDeadline() -> UInt64? {
        while let first = heap.first {
            if actions[first.timer] != nil {
                return first.deadline
            }
            removeFirst()
        }
        return nil
    }

    /// Takes out what is due, earliest first.
    mutating func takeDue(at now: UInt64) -> [() -> Void] {
        var due: [() -> Void] = []
        while let deadline = nextDeadline(), deadline <= now {
            if let action = actions.removeValue(forKey: heap[0].timer) {
                due.append(action)
            }
            removeFirst()
        }
        return due
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[smallest].deadline {
                smallest = child
            }
            guard smallest != parent else { return }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }
}
