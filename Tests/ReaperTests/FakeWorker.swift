import Bus
import Model
import NATSClient
import NIOConcurrencyHelpers
import SwiftProtobuf

/// Serves subjects as a worker does, with answers that a test gives.
struct FakeWorker: Sendable {
    let bus: Bus

    /// Serves one subject while `body` runs, and keeps what was asked.
    func serving<Request: Message & Sendable, Reply: Message & Sendable>(
        _ subject: String,
        _ answer: @escaping @Sendable (Request) throws -> Reply,
        _ body: (Asked<Request>) async throws -> Void
    ) async throws {
        let asked = Asked<Request>()
        let dispatcher = Dispatcher()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await dispatcher.run() }
            let subscription = try bus.serve(
                subject,
                statistics: EndpointStatistics(name: "test", subject: subject),
                dispatcher: dispatcher,
                fault: { $0 as? Fault ?? Fault(.internal, "test") },
                handler: { (call: IncomingCall<Request>) -> Reply in
                    asked.add(call.request)
                    return try answer(call.request)
                }
            )
            try await bus.connection.flush()
            let outcome: Result<Void, any Error>
            do {
                try await body(asked)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            subscription.unsubscribe()
            dispatcher.finish()
            try await group.waitForAll()
            try outcome.get()
        }
    }
}

/// What a fake worker was asked, in the order in which it came.
final class Asked<Request: Sendable>: Sendable {
    private let requests = NIOLockedValueBox<[Request]>([])

    var all: [Request] { requests.withLockedValue { $0 } }

    func add(_ request: Request) {
        requests.withLockedValue { $0.append(request) }
    }
}
