import CurlTransport
import Model
import ProviderKit

/// Turns whatever a call has met into the error that owners know, in words that hold no secret.
struct CallFailures: Sendable {
    let provider: String
    let call: String
    let box: Envelope?
    let repeatability: Repeatability
    let binding: Binding
    let mapping: any ErrorMapping
    let redaction: Redaction

    /// The provider has refused.
    func error(_ refusal: ProviderRefusal, requestID: String?) -> DriverError {
        if refusal.status == 404, box != nil, mapping.error(for: refusal) == nil { return notFound(refusal) }
        var text = "\(provider) answered \(refusal.status) to \"\(call)\""
        if let said = mapping.message(of: refusal) { text += ": \(said)" }
        if let requestID { text += " (request \(requestID.prefix(100)))" }
        return DriverError(mapping.error(for: refusal) ?? kind(of: refusal), redaction(text))
    }

    private func notFound(_ refusal: ProviderRefusal) -> DriverError {
        guard let box, mapping.recognises(refusal) else {
            return DriverError(
                .transient,
                "A 404 to \"\(call)\" does not come from \(provider) itself: something in between has answered."
            )
        }
        return binding.verdict(onNotFoundOf: box)
    }

    private func kind(of refusal: ProviderRefusal) -> DriverError.Kind {
        switch refusal.status {
        case 400, 404, 405, 406, 411, 413, 414, 415, 422: .invalid
        case 401, 402, 403: .unauthorized
        case 409, 412: .conflict
        case 425: .transient
        case 429: .rateLimited(after: refusal.retryAfter.map { Int($0.components.seconds) + 1 })
        // Whoever answers so may have let something happen before.
        case 408, 500...: repeatability.mayBeUnknown || [408, 504].contains(refusal.status) ? .timeout : .transient
        default: .transient
        }
    }

    /// There was no answer, or not a whole one.
    func error(_ error: HTTPTransportError) -> DriverError {
        if let own = error.cause as? DriverError { return own }
        let text = "\(provider) did not answer \"\(call)\": \(error.message)"
        return DriverError(kind(of: error), redaction(text))
    }

    private func kind(of error: HTTPTransportError) -> DriverError.Kind {
        if error.code == .invalidRequest { return .invalid }
        guard error.mayHaveBeenDelivered else { return .transient }
        return repeatability.mayBeUnknown || error.code == .timeout ? .timeout : .transient
    }

    /// Something went wrong while a body, or the messages of a socket, came in: the call itself was answered.
    func error(afterAnswer error: any Error) -> DriverError {
        switch error {
        case let error as DriverError: error
        case let error as HTTPTransportError:
            DriverError(
                error.code == .timeout ? .timeout : .transient,
                redaction("The answer of \(provider) to \"\(call)\" was cut off: \(error.message)")
            )
        case let error as WebSocketError:
            DriverError(
                error.code == .timeout ? .timeout : .transient,
                redaction("The connection to \(provider) for \"\(call)\" ended: \(error.message)")
            )
        default: DriverError(.transient, "The connection to \(provider) for \"\(call)\" ended.")
        }
    }

    /// It answered well, and not in the form that it promises; what was done is then not known.
    func misunderstood(_ what: String) -> DriverError {
        DriverError(
            repeatability.mayBeUnknown ? .timeout : .transient,
            redaction("The answer of \(provider) to \"\(call)\" was not understood: \(what)")
        )
    }
}
