import Bus
import Logging
import Store

/// Tries what a service cannot start without again and again: in a cluster everything starts at once.
struct Patience: Sendable {
    var limit: Duration
    var logger: Logger

    func insist<Value>(on what: String, _ body: () async throws -> Value) async throws -> Value {
        let end = ContinuousClock.now + limit
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await body()
            } catch let error as StoreError where error.code == .internal {
                // The database answered, and refused: waiting mends nothing.
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                guard ContinuousClock.now + pause < end else {
                    throw ServiceHostError(.unreachable, "Cannot reach \(what): \(error)")
                }
                logger.debug("not reached yet", metadata: .keyed([.error: "\(error)", .subject: "\(what)"]))
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
        }
    }
}
