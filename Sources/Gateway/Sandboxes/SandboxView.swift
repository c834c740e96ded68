package import FoundationEssentials
package import Model
import Store

/// A sandbox as the API shows it.
package struct SandboxView: Sendable {
    package var id: SandboxID
    package var provider: String
    package var status: SandboxStatus
    package var externalID: String?
    package var name: String?
    package var spec: SandboxSpec
    package var persistent: Bool
    package var metadata: [String: String]
    package var tags: [String: String]
    package var timeoutMs: Int64?
    package var idleTimeoutMs: Int64?
    package var expiresAt: Date?
    package var createdAt: Date
    package var updatedAt: Date
    package var shutdownAt: Date?
    package var error: (code: String, message: String)?

    package init(
        id: SandboxID,
        provider: String,
        status: SandboxStatus,
        spec: SandboxSpec,
        persistent: Bool,
        createdAt: Date,
        updatedAt: Date
    ) {
        self.id = id
        self.provider = provider
        self.status = status
        self.spec = spec
        self.persistent = persistent
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        metadata = [:]
        tags = [:]
    }

    package init(_ record: SandboxRecord) {
        self.init(
            id: record.id,
            provider: record.provider,
            status: record.status,
            spec: record.spec,
            persistent: record.persistent,
            createdAt: record.createdAt,
            updatedAt: record.updatedAt
        )
        externalID = record.envelope?.boxId
        name = record.name
        metadata = record.metadata
        tags = record.tags
        timeoutMs = record.timeoutMs
        idleTimeoutMs = record.idleTimeoutMs
        expiresAt = record.expiresAt
        shutdownAt = record.shutdownAt
        error = record.errorCode.map { ($0, record.errorMessage ?? "") }
    }

    package var json: JSONValue {
        .compact([
            "id": .string(id.rawValue),
            "provider": .string(provider),
            "status": .string(status.rawValue),
            "externalSandboxId": .orNull(externalID),
            "name": .orNull(name),
            "image": .orNull(spec.image),
            "agent": spec.agent.map { .string($0.rawValue) },
            "selfhosted": spec.directory.map { ["directory": .string($0)] },
            "resources": .compact([
                "vcpus": spec.resources.vcpus.map { .number($0) },
                "memoryMb": spec.resources.memoryMb.map { .integer(Int64($0)) },
                "diskMb": spec.resources.diskMb.map { .integer(Int64($0)) },
            ]),
            "persistent": .bool(persistent),
            "ports": .array(spec.ports.map { .integer(Int64($0)) }),
            "purpose": spec.purpose.map { .string($0) },
            "params": spec.params.map { .map($0) },
            "metadata": .map(metadata),
            "tags": .map(tags),
            "networkPolicy": .string(spec.networkPolicy.rawValue),
            "timeoutMs": .orNull(timeoutMs),
            "idleTimeoutMs": .orNull(idleTimeoutMs),
            "expiresAt": .orNull(expiresAt.map { ISO8601.string($0) }),
            "createdAt": .string(ISO8601.string(createdAt)),
            "updatedAt": .string(ISO8601.string(updatedAt)),
            "shutdownAt": .orNull(shutdownAt.map { ISO8601.string($0) }),
            "error": error.map { ["code": .string($0.code), "message": .string($0.message)] },
        ])
    }
}
