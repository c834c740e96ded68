extension JetStream {
    /// Makes the stream be as configured, whether or not it exists.
    ///
    /// It is changed first and created only if it is not there: a create counts the size of an existing stream a second
    /// time, and is refused where that is more than half of the storage.
    @discardableResult
    package func createOrUpdateStream(_ configuration: StreamConfiguration) async throws -> StreamInfo {
        do {
            return try await call("STREAM.UPDATE.\(configuration.name)", configuration)
        } catch let error as NATSError where error.code == .jetStream(.streamNotFound) {
            do {
                return try await call("STREAM.CREATE.\(configuration.name)", configuration)
            } catch let error as NATSError where error.code == .jetStream(.streamNameInUse) {
                // Somebody else was a moment faster.
                return try await call("STREAM.UPDATE.\(configuration.name)", configuration)
            }
        }
    }

    package func streamInfo(_ stream: String) async throws -> StreamInfo {
        try await call("STREAM.INFO.\(stream)", EmptyBody())
    }

    /// Drops all messages before a sequence, whatever their subjects; cheap, unlike a purge by subject.
    ///
    /// - Returns: How many were dropped.
    @discardableResult
    package func purgeStream(_ stream: String, before sequence: UInt64) async throws -> UInt64 {
        let answer: Purged = try await call("STREAM.PURGE.\(stream)", PurgeRequest(sequence: sequence))
        return answer.purged
    }

    package func deleteStream(_ stream: String) async throws {
        let _: Acknowledged = try await call("STREAM.DELETE.\(stream)", EmptyBody())
    }
}

private struct PurgeRequest: Encodable, Sendable {
    let sequence: UInt64

    enum CodingKeys: String, CodingKey {
        case sequence = "seq"
    }
}

private struct Purged: Decodable {
    let purged: UInt64
}

private struct Acknowledged: Decodable {
    let success: Bool
}
