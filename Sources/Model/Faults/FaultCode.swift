/// What went wrong, in one stable word that callers may match on.
///
/// The words are part of the public API (`code` in a problem document) and of the bus; never rename one.
package enum FaultCode: String, Sendable, CaseIterable, Codable {
    // The request itself.
    case invalidRequest = "invalid_request"
    case malformedJSON = "malformed_json"
    case unknownField = "unknown_field"
    case invalidPath = "invalid_path"
    case unsupportedMediaType = "unsupported_media_type"
    case methodNotAllowed = "method_not_allowed"
    case notFound = "not_found"
    case bodyTooLarge = "body_too_large"
    case unknownProvider = "unknown_provider"
    case unsupported = "unsupported"
    case limitNotSupported = "limit_not_supported"

    // Who asks.
    case unauthenticated = "unauthenticated"
    case forbidden = "forbidden"
    /// Too much from one address.
    case rateLimited = "rate_limited"

    // The sandbox and what is in it.
    case sandboxNotFound = "sandbox_not_found"
    case sandboxNotActive = "sandbox_not_active"
    case sandboxFailed = "sandbox_failed"
    case idempotencyConflict = "idempotency_conflict"
    case nameTaken = "name_taken"
    case operationConflict = "operation_conflict"
    case fileNotFound = "file_not_found"
    case isDirectory = "is_directory"
    case notDirectory = "not_directory"
    case fileExists = "file_exists"
    case permissionDenied = "permission_denied"
    case directoryNotEmpty = "directory_not_empty"
    case diskFull = "disk_full"
    case archiveInvalid = "archive_invalid"
    case checkpointNotFound = "checkpoint_not_found"
    case checkpointNotReady = "checkpoint_not_ready"
    /// No archive of the workspace can be read: nothing was made in its place.
    case archiveDamaged = "archive_damaged"
    case draining = "draining"
    case processStartFailed = "process_start_failed"
    case processNotFound = "process_not_found"
    case processEnded = "process_ended"
    case stdinOffset = "stdin_offset"
    case outOfRange = "out_of_range"
    case outputExpired = "output_expired"
    case outputTruncated = "output_truncated"
    case outputStalled = "output_stalled"
    case cancelled = "cancelled"

    // The fleet.
    case noWorker = "no_worker"
    case placementOffline = "placement_offline"
    case leaseLost = "lease_lost"
    case moving = "moving"
    case ownedByOther = "owned_by_other"
    case deadlineExceeded = "deadline_exceeded"
    case outcomeUnknown = "outcome_unknown"
    case storeUnavailable = "store_unavailable"
    case busUnavailable = "bus_unavailable"
    case overloaded = "overloaded"

    // The provider.
    case providerUnauthorized = "provider_unauthorized"
    case providerRateLimited = "provider_rate_limited"
    case providerConflict = "provider_conflict"
    case providerTimeout = "provider_timeout"
    case providerFailed = "provider_failed"
    case boxGone = "box_gone"

    // A user's own machine.
    case agentNotFound = "agent_not_found"
    /// The machine is not there now. Its sandboxes wait for it.
    case agentOffline = "agent_offline"
    /// The machine's user does not allow it; the message names the setting.
    case agentDenied = "agent_denied"
    /// The agent's credentials were taken back.
    case agentRevoked = "agent_revoked"
    /// Another run of the same agent is there.
    case agentConflict = "agent_conflict"
    /// Another run of the agent has taken over from this one, for good.
    case agentSuperseded = "agent_superseded"
    case enrollmentNotFound = "enrollment_not_found"
    /// The token is unknown, used, expired or revoked.
    case enrollmentInvalid = "enrollment_invalid"

    case `internal` = "internal"
}
