public import FoundationEssentials

/// What runs in a fleet right now.
public struct FleetStatus: Codable, Hashable, Sendable {
    /// A process that serves the fleet.
    public struct Service: Codable, Hashable, Sendable {
        /// The kind of service, as in `gateway`.
        public let name: String
        /// Which one of its kind.
        public let id: String?
        /// The version that it runs.
        public let version: String?
        /// Since when it runs.
        public let startedAt: Date?
    }

    /// A worker, as it shows in the fleet's memory.
    public struct Worker: Codable, Hashable, Sendable {
        /// This run of the worker.
        public let id: String
        /// Its name.
        public let name: String?
        /// The host that it runs on.
        public let host: String?
        /// The providers that it drives.
        public let providers: [String]?
        /// Milliseconds since it last showed that it lives.
        public let heartbeatAgeMs: Double?
        /// Whether it works, as in `live`.
        public let state: String?
        /// How many sandboxes it holds.
        public let sandboxes: Int?
    }

    /// The processes that answered.
    public let services: [Service]
    /// The workers on record.
    public let workers: [Worker]
}
