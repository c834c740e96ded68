package import HTTPTypes
package import Model

extension FaultCode {
    /// The one place where our words become HTTP's numbers.
    package var httpStatus: HTTPResponse.Status {
        switch self {
        case .invalidRequest, .malformedJSON, .unknownField, .invalidPath, .unknownProvider, .archiveInvalid:
            .badRequest
        case .unauthenticated, .enrollmentInvalid: .unauthorized
        case .forbidden, .permissionDenied, .agentDenied, .agentRevoked: .forbidden
        case .notFound, .sandboxNotFound, .fileNotFound, .processNotFound, .checkpointNotFound, .agentNotFound,
            .enrollmentNotFound:
            .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .rateLimited: .tooManyRequests
        case .sandboxNotActive, .sandboxFailed, .idempotencyConflict, .nameTaken, .operationConflict, .isDirectory,
            .notDirectory, .fileExists, .directoryNotEmpty, .boxGone, .processEnded, .stdinOffset, .checkpointNotReady,
            .draining, .agentConflict, .agentSuperseded:
            .conflict
        case .bodyTooLarge: .contentTooLarge
        case .outOfRange: .rangeNotSatisfiable
        case .outputExpired: .gone
        case .unsupportedMediaType: .unsupportedMediaType
        case .unsupported, .limitNotSupported, .processStartFailed, .archiveDamaged: .unprocessableContent
        // Nobody reads it: the caller has gone.
        case .cancelled: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
        // Of what is truncated the rest was answered before: only streams say so.
        case .internal, .outputTruncated: .internalServerError
        case .providerUnauthorized, .providerConflict, .providerFailed: .badGateway
        case .noWorker, .placementOffline, .leaseLost, .moving, .ownedByOther, .storeUnavailable, .busUnavailable,
            .overloaded, .providerRateLimited, .outputStalled, .agentOffline:
            .serviceUnavailable
        case .deadlineExceeded, .outcomeUnknown, .providerTimeout: .gatewayTimeout
        case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    /// The code as words for people.
    var title: String {
        let words = rawValue.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
