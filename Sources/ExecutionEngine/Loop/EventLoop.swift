import CLinux

/// One thread's loop over descriptors and timers.
///
/// Everything registered is called on the thread that runs the loop, so nothing behind it needs a lock.
/// An idle loop sleeps in the kernel without a timeout.
package final class EventLoop {
    private struct Registration {
        var handler: any EventHandler
        var interest: Interest
        /// Tells events of a descriptor from those of its predecessor with the same number.
        var generation: UInt32
    }

    private let poller: Descriptor
    private var registrations: [Int32: Registration] = [:]
    private var nextGeneration: UInt32 = 0
    private var timers = TimerQueue()
    private var deferred: [() -> Void] = []
    private var isStopped = false
    private let events: UnsafeMutableBufferPointer<linux_event>

    package init() throws(SystemError) {
        poller = try Descriptor(owning: linux_poller())
        events = .allocate(capacity: Int(LINUX_EVENT_CAPACITY))
        events.initialize(repeating: linux_event())
    }

    deinit {
        events.deallocate()
    }

    /// Runs until ``stop()``.
    package func run() {
        isStopped = false
        while !isStopped {
            turn()
        }
    }

    package func stop() {
        isStopped = true
    }

    /// Waits for something to happen, and handles it.
    package func turn() {
        let count = linux_poll(poller.number, events.baseAddress, timeout())
        for index in 0..<max(0, Int(count)) {
            dispatch(events[index])
        }
        for action in timers.takeDue(at: MonotonicClock.now()) {
            action()
        }
        let actions = deferred
        deferred = []
        for action in actions {
            action()
        }
    }

    private func timeout() -> Int32 {
        guard deferred.isEmpty, !isStopped else { return 0 }
        guard let deadline = timers.nextDeadline() else { return -1 }
        let now = MonotonicClock.now()
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline - now + 999_999) / 1_000_000)
    }

    private func dispatch(_ event: linux_event) {
        let number = Int32(truncatingIfNeeded: event.token)
        let generation = UInt32(truncatingIfNeeded: event.token >> 32)
        guard let registration = registrations[number], registration.generation == generation else { return }
        let readiness = Readiness(rawValue: event.readiness).intersection(registration.interest)
        if !readiness.isEmpty {
            registration.handler.descriptorReady(readiness)
        }
    }
}

// MARK: Descriptors

extension EventLoop {
    package func register(
        _ descriptor: Descriptor,
        for interest: Interest,
        handler: any EventHandler
    ) throws(SystemError) {
        nextGeneration &+= 1
        var registration = Registration(handler: handler, interest: [], generation: nextGeneration)
        try apply(interest, to: &registration, of: descriptor.number)
        registrations[descriptor.number] = registration
    }

    /// Changes what a registered descriptor is watched for.
    ///
    /// Watched for nothing, it does not report a hangup either.
    package func watch(_ descriptor: Descriptor, for interest: Interest) {
        guard var registration = registrations[descriptor.number], registration.interest != interest else { return }
        // Cannot fail for a descriptor that was accepted once, short of memory in the kernel: then the next change
        // repairs it.
        try? apply(interest, to: &registration, of: descriptor.number)
        registrations[descriptor.number] = registration
    }

    package func unregister(_ descriptor: Descriptor) {
        guard var registration = registrations.removeValue(forKey: descriptor.number) else { return }
        try? apply([], to: &registration, of: descriptor.number)
    }

    private func apply(
        _ interest: Interest,
        to registration: inout Registration,
        of number: Int32
    ) throws(SystemError) {
        let token = UInt64(registration.generation) << 32 | UInt64(UInt32(bitPattern: number))
        guard linux_watch(poller.number, number, registration.interest.rawValue, interest.rawValue, token) == 0 else {
            throw .current
        }
        registration.interest = interest
    }
}

// MARK: Time

extension EventLoop {
    /// Calls `action` once, not before that many milliseconds have passed.
    @discardableResult
    package func schedule(afterMilliseconds delay: UInt64, _ action: @escaping () -> Void) -> LoopTimer {
        timers.add(deadline: MonotonicClock.now() + delay * 1_000_000, action)
    }

    package func cancel(_ timer: LoopTimer) {
        timers.remove(timer)
    }

    /// Calls `action` at the end of this turn, or of the next one when called from there.
    package func later(_ action: @escaping () -> Void) {
        deferred.append(action)
    }
}
