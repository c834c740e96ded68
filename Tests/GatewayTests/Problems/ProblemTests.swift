import Bus
import HTTPTypes
import HummingbirdCore
import Model
import NIOCore
import Store
import Testing

@testable import Gateway

@Suite("Problem documents")
struct ProblemTests {
    @Test(arguments: FaultCode.allCases)
    func everyFaultIsADocument(_ code: FaultCode) throws {
        let fault = Fault(
            code,
            "What happened.",
            hint: "Do this.",
            retryAfter: 3,
            details: ["field": "$.a", "status": "x"]
        )
        let problem = ProblemDocument(fault, requestID: "r-1")
        #expect(try Contract().violations(of: problem.json, against: "Problem") == [])
        #expect((400..<600).contains(code.httpStatus.code))
        #expect(problem.json["status"] == .integer(Int64(code.httpStatus.code)))
        #expect(problem.json["code"] == .string(code.rawValue))
        #expect(problem.json["field"] == "$.a")
        #expect(problem.response.headers[.contentType] == "application/problem+json")
        #expect(problem.response.headers[.retryAfter] == "3")
    }

    @Test(arguments: [
        (FaultCode.sandboxNotFound, 404), (.sandboxNotActive, 409), (.noWorker, 503), (.outcomeUnknown, 504),
        (.invalidPath, 400), (.unauthenticated, 401), (.forbidden, 403), (.methodNotAllowed, 405), (.bodyTooLarge, 413),
        (.unsupportedMediaType, 415), (.idempotencyConflict, 409), (.busUnavailable, 503), (.unknownProvider, 400),
    ])
    func theStatusesThatCallersRelyOn(_ code: FaultCode, _ status: Int) {
        #expect(code.httpStatus.code == status)
    }

    @Test func unknownErrorsShowNothingOfThemselves() {
        struct Secret: Error { let password = "hunter2" }
        let fault = Fault(caught: Secret())
        #expect(fault.code == .internal && !fault.message.contains("hunter2"))
    }

    @Test func errorsOfTheLayersBelowKeepTheirMeaning() {
        #expect(Fault(caught: StoreError(.unavailable, "x")).code == .storeUnavailable)
        #expect(Fault(caught: BusError.disconnected).code == .busUnavailable)
        #expect(Fault(caught: NIOTooManyBytesError(maxBytes: 1)).code == .bodyTooLarge)
        #expect(Fault(caught: CancellationError()).code == .cancelled)
    }
}
