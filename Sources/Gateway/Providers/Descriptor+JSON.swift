import Model
import ProviderKit

extension Descriptor {
    /// What callers are shown of it, beside its name.
    var members: [JSONValue.Member] {
        let members: KeyValuePairs<String, JSONValue?> = [
            "os": .string(os),
            "hostBound": .bool(hostBound),
            "regions": .strings(regions),
            "networkPolicies": .strings(networkPolicies.map(\.rawValue)),
            "can": .object(supports.map { .init($0.name, $0.support.json) }),
            "params": params.map { .strings($0) },
            "ports": portMoment.map { .string($0.rawValue) },
            "snapshot": snapshots.isSupported
                ? .compact([
                    "method": snapshotMethod.map { .string($0.rawValue) },
                    "obstacle": snapshotObstacle.map { .string($0) },
                    "boxSurvives": .bool(survivesSnapshot),
                ]) : nil,
            "idempotentCreate": .compact([
                "kind": .string(idempotentCreate.rawValue), "reason": .string(idempotentCreateReason),
            ]),
            "hardDeadlineSeconds": hardDeadlineSeconds.map { .integer(Int64($0)) },
            "createDeadlineSeconds": .integer(Int64(createDeadlineSeconds)),
        ]
        return members.compactMap { name, value in value.map { .init(name, $0) } }
    }
}

extension Descriptor.Support {
    fileprivate var json: JSONValue {
        switch self {
        case .yes: .compact(["supported": .bool(true)])
        case .no(let reason): .compact(["supported": .bool(false), "reason": .string(reason)])
        }
    }
}
