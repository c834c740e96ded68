import Model
import ProviderKit
import Testing

@testable import SelfHostedDriver

struct FailureTests {
    /// Every failure there is: a new one does not compile before it is added here.
    private static let all: [SelfHostedFailure] = {
        let first = SelfHostedFailure.absent
        func next(_ failure: SelfHostedFailure) -> SelfHostedFailure? {
            switch failure {
            case .absent: .unanswered
            case .unanswered: .busUnavailable
            case .busUnavailable: .superseded
            case .superseded: .overloaded(after: 3)
            case .overloaded: .denied("no")
            case .denied: .keeperEnded(reason: "keeper_died")
            case .keeperEnded: .file(.fileNotFound, "no")
            case .file: .unknownHandle
            case .unknownHandle: .processGone
            case .processGone: .processEnded
            case .processEnded: .startFailed(errno: 2, "no")
            case .startFailed: .invalid("no")
            case .invalid: .unsupported("no")
            case .unsupported: .detached
            case .detached: .cancelled
            case .cancelled: .failed("no")
            case .failed: nil
            }
        }
        return Array(sequence(first: first, next: next))
    }()

    /// Only `gone` leads to another box, and a user's machine is never replaced.
    @Test func nothingHereIsEverGone() {
        #expect(Self.all.count == 17)
        for failure in Self.all { #expect(DriverError(failure).kind != .gone, "\(failure)") }
        for code in FaultCode.allCases {
            for reason in [nil, "gone", "box_gone"] {
                let fault = Fault(code, "x", details: reason.map { ["reason": $0] } ?? [:])
                #expect(DriverError(SelfHostedFailure(fault)).kind != .gone, "\(code)")
            }
        }
    }

    @Test func whatAnAgentSaysKeepsItsMeaning() {
        let expected: [(FaultCode, DriverError.Kind)] = [
            (.leaseLost, .conflict), (.agentDenied, .denied), (.overloaded, .rateLimited(after: nil)),
            (.fileNotFound, .file(.fileNotFound)), (.bodyTooLarge, .file(.bodyTooLarge)), (.diskFull, .file(.diskFull)),
            (.processNotFound, .processGone), (.processEnded, .processEnded), (.stdinOffset, .invalid),
            (.agentOffline, .agentOffline), (.boxGone, .transient), (.internal, .transient),
        ]
        for (code, kind) in expected { #expect(DriverError(SelfHostedFailure(Fault(code, "x"))).kind == kind) }
        let notFound = Fault(.processStartFailed, "x", details: ["errno": "2"])
        #expect(DriverError(SelfHostedFailure(notFound)).kind == .startFailed(errno: 2))
    }
}
