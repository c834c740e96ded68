import CurlTransport
import Logging
import NIOConcurrencyHelpers
import ProviderKit

extension ProviderClient {
    /// An answer with a status of 400 or above, on its way through the tries.
    struct Refused: Error {
        let refusal: ProviderRefusal
        let requestID: String?
    }

    private struct Failure {
        let outcome: RetryPolicy.Outcome
        let error: DriverError
    }

    /// Tries a call until it succeeds or must not, cannot or need not be tried again.
    ///
    /// - Parameter attempt: One try, with the time that it may take.
    func perform<Value>(
        _ call: ProviderCall,
        _ attempt: (_ request: HTTPTransportRequest, _ limit: Duration) async throws -> Value
    ) async throws(DriverError) -> Value {
        var shown = authorization.current
        var hasChanged = false
        var request = try request(call, shown)
        let start = time.now()
        var number = 0
        /// A try before may have done it, so no later refusal says that nothing was done.
        var unknown: Failure?
        while true {
            number += 1
            let failure: Failure
            do {
                let value = try await attempt(request, max(.milliseconds(1), call.deadline - (time.now() - start)))
                spending.withLockedValue { $0.budget.deposit() }
                if authorization.isRefused { authorization.isRefused = false }
                return value
            } catch {
                failure = self.failure(error, call)
            }
            // Refused for who we are, so nothing was done: somebody may have put other credentials in the place of these.
            if failure.error.kind == .unauthorized, !hasChanged, !request.isStreamed,
                let other = authorization.other(than: shown)
            {
                logger.notice(
                    "credentials were refused, others are tried",
                    metadata: ["provider": "\(configuration.provider)", "call": "\(call.name)"]
                )
                (shown, hasChanged) = (other, true)
                request = try self.request(call, shown)
                continue
            }
            if failure.error.kind == .unauthorized { authorization.isRefused = true }
            let left = call.deadline - (time.now() - start)
            let decision = decision(failure.outcome, number, call, request, left)
            log(failure, number, call, decision)
            if call.repeatability.mayBeUnknown, failure.outcome.mayHaveActed { unknown = failure }
            guard case .again(let pause) = decision else { throw (unknown ?? failure).error }
            do {
                try await time.sleep(pause)
            } catch {
                throw (unknown ?? failure).error
            }
        }
    }

    private func decision(
        _ outcome: RetryPolicy.Outcome,
        _ attempt: Int,
        _ call: ProviderCall,
        _ request: HTTPTransportRequest,
        _ left: Duration
    ) -> RetryPolicy.Decision {
        // Its source has been read.
        if request.isStreamed { return .stop(.notRepeatable) }
        if Task.isCancelled { return .stop(.final) }
        return spending.withLockedValue { spending in
            configuration.policy.decision(
                after: outcome,
                attempt: attempt,
                call.repeatability,
                timeLeft: left,
                budget: &spending.budget,
                generator: &spending.generator
            )
        }
    }

    private func failure(_ error: any Error, _ call: ProviderCall) -> Failure {
        let failures = failures(of: call)
        switch error {
        case let refused as Refused:
            return Failure(
                outcome: .status(refused.refusal.status, retryAfter: refused.refusal.retryAfter),
                error: failures.error(refused.refusal, requestID: refused.requestID)
            )
        case let error as HTTPTransportError:
            // What is wrong with the request itself, or with us, another try does not change.
            let isOurs = [.invalidRequest, .cancelled, .shutdown, .bodyTooLarge, .uploadFailed].contains(error.code)
            return Failure(
                outcome: isOurs ? .status(400, retryAfter: nil) : error.mayHaveBeenDelivered ? .unanswered : .neverLeft,
                error: failures.error(error)
            )
        case let error as WebSocketError where error.code == .handshake:
            // Whoever answers so has got the request.
            return Failure(outcome: .unanswered, error: failures.misunderstood(error.message))
        case let error as DriverError: return Failure(outcome: .status(400, retryAfter: nil), error: error)
        default:
            return Failure(outcome: .status(400, retryAfter: nil), error: failures.error(afterAnswer: error))
        }
    }

    private func log(_ failure: Failure, _ attempt: Int, _ call: ProviderCall, _ decision: RetryPolicy.Decision) {
        var metadata: Logger.Metadata = [
            "provider": "\(configuration.provider)", "call": "\(call.name)", "attempt": "\(attempt)",
            "error": "\(failure.error)",
        ]
        switch decision {
        case .again(let pause):
            metadata["pause"] = "\(pause)"
            logger.notice("a provider's call is repeated", metadata: metadata)
        case .stop(let reason):
            metadata["reason"] = "\(reason)"
            logger.info("a provider's call has failed", metadata: metadata)
        }
    }
}

extension HTTPTransportRequest {
    fileprivate var isStreamed: Bool {
        if case .streamed = body { return true }
        return false
    }
}
