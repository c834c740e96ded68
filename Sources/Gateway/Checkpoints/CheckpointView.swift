package import Model

/// A checkpoint as the API shows it; what is not known is null.
package struct CheckpointView: Sendable {
    private let record: ArchiveRecord

    package init(_ record: ArchiveRecord) {
        self.record = record
    }

    package var json: JSONValue {
        [
            "id": .string(record.id.rawValue),
            "sandboxId": .string(record.sandbox.rawValue),
            "status": .string(CheckpointStatus(record).rawValue),
            "format": .string(record.format.rawValue),
            "comment": .orNull(record.comment),
            "provider": .string(record.provider),
            "consistent": record.reference.map { .bool($0.holdsOneMoment) } ?? .null,
            "sizeBytes": .orNull(record.sizeBytes),
            "createdAt": .string(ISO8601.string(record.createdAt)),
            "readyAt": .orNull(record.publishedAt.map { ISO8601.string($0) }),
            "expiresAt": .orNull(record.expiresAt.map { ISO8601.string($0) }),
            "error": .orNull(record.error),
        ]
    }
}
