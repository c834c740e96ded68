import FoundationEssentials

/// The three answers of the service protocol as JSON; field names and types are ADR-32's.
enum MicroAnswer {
    private struct Endpoint: Encodable {
        var name: String
        var subject: String
        var queueGroup: String?
        var metadata: [String: String]?
        var requestCount: Int?
        var errorCount: Int?
        var lastError: String?
        /// Nanoseconds.
        var processingTime: Int64?
        var averageProcessingTime: Int64?

        private enum CodingKeys: String, CodingKey {
            case name
            case subject
            case queueGroup = "queue_group"
            case metadata
            case requestCount = "num_requests"
            case errorCount = "num_errors"
            case lastError = "last_error"
            case processingTime = "processing_time"
            case averageProcessingTime = "average_processing_time"
        }
    }

    private struct Answer: Encodable {
        var type: String
        var name: String
        var id: String
        var version: String
        var metadata: [String: String]
        var description: String?
        var started: String?
        var endpoints: [Endpoint]?

        init(_ type: String, _ identity: MicroService.Identity) {
            self.type = "io.nats.micro.v1.\(type)_response"
            name = identity.name
            id = identity.id
            version = identity.version
            metadata = identity.metadata
        }
    }

    static func ping(_ identity: MicroService.Identity) throws -> Data {
        try JSONEncoder().encode(Answer("ping", identity))
    }

    static func info(_ identity: MicroService.Identity, _ endpoints: [EndpointStatistics]) throws -> Data {
        var answer = Answer("info", identity)
        answer.description = identity.description
        answer.endpoints = endpoints.map { endpoint in
            Endpoint(
                name: endpoint.name,
                subject: endpoint.subject,
                queueGroup: endpoint.queueGroup,
                metadata: [:]
            )
        }
        return try JSONEncoder().encode(answer)
    }

    static func statistics(
        _ identity: MicroService.Identity,
        _ endpoints: [EndpointStatistics],
        started: Date
    ) throws -> Data {
        var answer = Answer("stats", identity)
        answer.started = started.formatted(.iso8601)
        answer.endpoints = endpoints.map { endpoint in
            let current = endpoint.current
            let total = nanoseconds(current.processing)
            return Endpoint(
                name: endpoint.name,
                subject: endpoint.subject,
                queueGroup: endpoint.queueGroup,
                requestCount: current.requests,
                errorCount: current.errors,
                lastError: current.lastError,
                processingTime: total,
                averageProcessingTime: current.requests == 0 ? 0 : total / Int64(current.requests)
            )
        }
        return try JSONEncoder().encode(answer)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
