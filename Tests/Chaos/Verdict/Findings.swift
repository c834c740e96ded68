import NIOConcurrencyHelpers

/// What a run has found and counted; everybody adds to it.
final class Findings: Sendable {
    private let state = NIOLockedValueBox((violations: [Violation](), counts: [String: Int]()))

    var violations: [Violation] { state.withLockedValue(\.violations) }
    var counts: [String: Int] { state.withLockedValue(\.counts) }

    func add(_ violation: Violation) {
        state.withLockedValue { $0.violations.append(violation) }
    }

    func add(_ kind: Violation.Kind, _ sandbox: String?, _ detail: String) {
        add(Violation(kind, sandbox, detail))
    }

    func count(_ what: String, _ number: Int = 1) {
        state.withLockedValue { $0.counts[what, default: 0] += number }
    }
}
