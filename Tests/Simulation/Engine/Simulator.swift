import FoundationEssentials
import Model

/// Time, chance and everything that is under way.
///
/// Real asynchronous code runs on its executor; every call that leaves a process suspends here, and the seed decides when and how
/// it goes on.
// Sendable: one thread steps a simulation, and everything in it runs there.
final class Simulator: @unchecked Sendable {
    private(set) var now: Int64 = 0
    var random: SplitMix64
    /// Faults happen only while this is set.
    var isFaulty = true
    var ambush = Ambush()
    /// Nothing that happens now counts.
    private(set) var isOver = false
    var processes: [SimulatedProcess] = []
    private(set) var violation: String?
    private(set) var steps = 0
    private(set) var trace: [String] = []
    let isTracing: Bool
    private let executor = StepExecutor()
    private var events = EventHeap()
    private var identifiers = 0

    /// Where simulated time begins.
    static let epoch = Date(timeIntervalSince1970: 1_800_000_000)
    private let instant = ContinuousClock.now

    init(seed: UInt64, isTracing: Bool) {
        random = SplitMix64(seed: seed)
        self.isTracing = isTracing
    }

    var date: Date { Self.epoch.addingTimeInterval(Double(now) / 1000) }
    var continuousNow: ContinuousClock.Instant { instant + .milliseconds(now) }

    func identifier<Kind>(_ letter: Character) -> Identifier<Kind> {
        identifiers += 1
        let number = String(identifiers)
        let text = String(repeating: "0", count: 25 - number.count) + String(letter) + number
        guard let identifier = Identifier<Kind>(text) else { preconditionFailure("not an id: \(text)") }
        return identifier
    }

    func note(_ actor: String, _ what: @autoclosure () -> String) {
        guard isTracing else { return }
        let seconds = "\(now / 1000).\(String(now % 1000 + 1000).dropFirst())"
        trace.append("\(seconds)\t\(actor)\t\(what())")
    }

    func violate(_ what: @autoclosure () -> String) {
        guard violation == nil, !isOver else { return }
        let text = what()
        violation = text
        note("VIOLATION", text)
    }

    func after(_ milliseconds: Int, _ action: @escaping @Sendable () -> Void) {
        events.push(.init(at: now + Int64(milliseconds), lot: random.next(), action: action))
    }

    func spawn(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: executor) { await body() }
    }

    /// Lets things happen until the time is over, something is wrong or it is found to be done.
    func run(until end: Int64) {
        executor.drain()
        while violation == nil, let event = events.pop() {
            guard event.at <= end else {
                events.push(event)
                now = end
                return
            }
            now = event.at
            steps += 1
            event.action()
            executor.drain()
        }
    }

    /// Lets everything that waits end, so that nothing is left of it.
    func finish() {
        isOver = true
        for process in processes { process.isDead = true }
        processes = []
        executor.drain()
        while let event = events.pop() {
            event.action()
            executor.drain()
        }
    }

    /// Waits on a process's own clock.
    ///
    /// - Returns: False when the process is dead.
    func sleep(_ process: SimulatedProcess, _ milliseconds: Int) async -> Bool {
        guard !process.isDead else { return false }
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
            after(milliseconds) { [self] in deliver(to: process) { continuation.resume(returning: $0) } }
        }
    }

    /// Hands something to a process, once it is not frozen.
    func deliver(to process: SimulatedProcess, _ action: @escaping @Sendable (_ isAlive: Bool) -> Void) {
        if process.isDead { return action(false) }
        guard process.frozenUntil > now else { return action(true) }
        after(Int(process.frozenUntil - now) + random.below(200)) { [self] in deliver(to: process, action) }
    }

    /// One call out of a process: a request, its effect out there, an answer.
    ///
    /// - Parameters:
    ///   - held: Milliseconds for which the far end takes nothing at this moment.
    ///   - effect: Happens as one, when the request comes in, whoever lives then.
    func call<Value: Sendable>(
        _ process: SimulatedProcess,
        _ link: Link,
        held: @escaping @Sendable () -> Int = { 0 },
        _ effect: @escaping @Sendable () -> Value
    ) async -> Result<Value, CallFailure> {
        guard !process.isDead else { return .failure(.killed) }
        let fate = link.draw(&random, faulty: isFaulty)
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Value, CallFailure>, Never>) in
            let once = Once<Result<Value, CallFailure>>(continuation)
            let finish: @Sendable (Result<Value, CallFailure>) -> Void = { [self] result in
                deliver(to: process) { once.resume($0 ? result : .failure(.killed)) }
            }
            after(link.patience) { finish(.failure(.unknown)) }
            guard let request = fate.request else { return }
            after(request) { [self] in
                arrive(held: held) { [self] in
                    let value = effect()
                    guard let answer = fate.answer else { return }
                    after(answer) { finish(.success(value)) }
                }
            }
        }
    }

    private func arrive(held: @escaping @Sendable () -> Int, _ action: @escaping @Sendable () -> Void) {
        let wait = held()
        guard wait > 0, !isOver else { return action() }
        after(wait + random.below(50)) { [self] in arrive(held: held, action) }
    }
}

/// Goes on once, whichever comes first.
// Sendable: touched only by the thread that steps the simulation.
final class Once<Value: Sendable>: @unchecked Sendable {
    private var continuation: UnsafeContinuation<Value, Never>?

    init(_ continuation: UnsafeContinuation<Value, Never>) { self.continuation = continuation }

    func resume(_ value: Value) {
        guard let continuation else { return }
        self.continuation = nil
        continuation.resume(returning: value)
    }
}
