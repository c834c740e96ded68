import FoundationEssentials

/// The outcome of a run.
package struct ChaosReport: Sendable, Codable {
    package var seed: UInt64
    package var seconds: Double
    /// How long everything took, with the wait for quiet and the checks.
    package var duration: Double
    /// How long after the last fault everything was at rest; nil when it never was.
    package var quietAfter: Double?
    package var faults: [String: Int]
    package var work: [String: Int]
    package var violations: [Violation]
    /// What happened to the sandboxes with violations.
    package var traces: [String: [String]]
    /// Where the data of a run with violations lie.
    package var data: String?

    package var isClean: Bool { violations.isEmpty }

    package func count(_ kind: Violation.Kind) -> Int { violations.count { $0.kind == kind } }

    package var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
