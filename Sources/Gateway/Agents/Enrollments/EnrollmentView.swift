import Model
package import Store

/// The right to bring one machine, as the API shows it: everything but the token.
package struct EnrollmentView: Sendable {
    private let enrollment: EnrollmentRecord

    package init(_ enrollment: EnrollmentRecord) {
        self.enrollment = enrollment
    }

    package var json: JSONValue {
        [
            "id": .string(enrollment.id.rawValue),
            "state": .string(enrollment.state.rawValue),
            "name": .orNull(enrollment.name),
            "labels": .map(enrollment.labels),
            "agentId": .orNull(enrollment.agent?.rawValue),
            "createdAt": .string(ISO8601.string(enrollment.createdAt)),
            "expiresAt": .string(ISO8601.string(enrollment.expiresAt)),
            "revokedAt": .orNull(enrollment.revokedAt.map { ISO8601.string($0) }),
            "usedAt": .orNull(enrollment.usedAt.map { ISO8601.string($0) }),
        ]
    }
}
