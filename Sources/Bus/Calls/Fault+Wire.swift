package import Model
import SwiftProtobuf
package import Wire

extension Fault {
    /// The body of an error reply.
    package var wire: WireFault {
        var wire = WireFault()
        wire.code = code.rawValue
        wire.message = message
        wire.hint = hint ?? ""
        if let retryAfter { wire.retryAfter = Int32(retryAfter) }
        wire.details = details
        return wire
    }

    /// A code that this version does not know becomes `internal` with its word in the details.
    package init(_ wire: WireFault) {
        let code = FaultCode(rawValue: wire.code)
        self.init(
            code ?? .internal,
            wire.message,
            hint: wire.hint.isEmpty ? nil : wire.hint,
            retryAfter: wire.hasRetryAfter ? Int(wire.retryAfter) : nil,
            details: code == nil ? wire.details.merging(["code": wire.code]) { first, _ in first } : wire.details
        )
    }

    var wireBytes: [UInt8] {
        // A message of strings always serialises; an empty body still reads as a fault.
        (try? wire.serializedBytes()) ?? []
    }

    init?(wireBytes: [UInt8]) {
        guard let wire = try? WireFault(serializedBytes: wireBytes) else { return nil }
        self.init(wire)
    }

    /// The number that the service protocol's `Nats-Service-Error-Code` header carries, in HTTP's terms.
    package var serviceErrorCode: Int {
        switch code {
        case .notFound, .sandboxNotFound, .fileNotFound: 404
        case .internal, .providerFailed, .outcomeUnknown: 500
        case .noWorker, .placementOffline, .moving, .storeUnavailable, .busUnavailable, .overloaded: 503
        case .deadlineExceeded, .providerTimeout: 504
        case .leaseLost, .ownedByOther, .sandboxNotActive, .operationConflict: 409
        default: 400
        }
    }
}
