import ProviderKit

/// A sandbox as the API tells of it.
struct DaytonaSandbox: Sendable, Decodable {
    var id: String
    var organizationId: String
    var name: String
    var labels: [String: String]?
    var state: String?
    var errorReason: String?
    var recoverable: Bool?
    /// Where what is in boxes is reached; the id comes behind it.
    var toolboxProxyUrl: String?

    var observed: ObservedState<DaytonaState> { ObservedState(state ?? "") }

    /// Why it has failed, in the provider's words.
    var failure: DriverError {
        DriverError(
            .transient,
            "The provider says that the box has failed: \((errorReason ?? "no reason").prefix(200))"
        )
    }
}

/// What a new sandbox is to be.
struct DaytonaCreation: Sendable, Encodable {
    struct Build: Sendable, Encodable {
        var dockerfileContent: String
    }

    struct Mount: Sendable, Encodable {
        var volumeId: String
        var mountPath: String
        var subpath: String?
    }

    var name: String
    var snapshot: String?
    var buildInfo: Build?
    var user: String?
    var labels: [String: String]
    var `public`: Bool
    var networkBlockAll: Bool
    var target: String?
    var cpu: Int?
    /// In GiB, as the disk.
    var memory: Int?
    var disk: Int?
    var autoStopInterval: Int?
    var autoArchiveInterval: Int?
    var autoDeleteInterval: Int?
    var volumes: [Mount]?
}

struct DaytonaSnapshot: Sendable, Decodable {
    var id: String
    var name: String
    var state: String
    /// In GiB.
    var size: Double?
    var errorReason: String?
}

struct DaytonaVolume: Sendable, Decodable {
    var id: String
    var name: String
    var state: String
    var errorReason: String?
}
