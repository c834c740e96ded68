/// Codes that the client itself makes.
extension SandfleetError.Code {
    /// No connection to the fleet.
    public static let unreachable = Self(rawValue: "client_unreachable")
    /// TLS could not be set up, or the peer's certificate is not trusted.
    public static let tls = Self(rawValue: "client_tls")
    /// The client's own time limit passed.
    public static let timeout = Self(rawValue: "client_timeout")
    /// The connection ended before the answer did; the request may have been carried out.
    public static let interrupted = Self(rawValue: "client_interrupted")
    /// The answer is not what this API answers; something else may be listening there.
    public static let invalidResponse = Self(rawValue: "client_invalid_response")
    /// What arrived differs from what was sent.
    public static let digestMismatch = Self(rawValue: "client_digest_mismatch")
    /// The URL, a header or a value cannot be sent.
    public static let invalidRequest = Self(rawValue: "client_invalid_request")
}

/// Codes of the fleet that programs often branch on.
extension SandfleetError.Code {
    /// The key is missing, wrong or revoked.
    public static let unauthenticated = Self(rawValue: "unauthenticated")
    /// The key may not do this.
    public static let forbidden = Self(rawValue: "forbidden")
    /// No sandbox of that id, for this key.
    public static let sandboxNotFound = Self(rawValue: "sandbox_not_found")
    /// The sandbox was stopped; `connect` brings a persistent one back.
    public static let sandboxNotActive = Self(rawValue: "sandbox_not_active")
    /// Another sandbox has that name.
    public static let nameTaken = Self(rawValue: "name_taken")
    /// The sandbox is being put to sleep or away; what changes it has to wait for that.
    public static let draining = Self(rawValue: "draining")
    /// No checkpoint of that id, for this key.
    public static let checkpointNotFound = Self(rawValue: "checkpoint_not_found")
    /// The checkpoint is not whole yet, or has failed, or is being deleted.
    public static let checkpointNotReady = Self(rawValue: "checkpoint_not_ready")
    /// The archive holds what must not be unpacked, or is none.
    public static let archiveInvalid = Self(rawValue: "archive_invalid")
    /// None of the saved states of the sandbox's files can be read.
    public static let archiveDamaged = Self(rawValue: "archive_damaged")
    /// The provider, or this sandbox, cannot do this.
    public static let unsupported = Self(rawValue: "unsupported")
    /// No file or directory at that path.
    public static let fileNotFound = Self(rawValue: "file_not_found")
    /// The path names a directory where a file was meant.
    public static let isDirectory = Self(rawValue: "is_directory")
    /// No process of that id, for this key.
    public static let processNotFound = Self(rawValue: "process_not_found")
    /// The process has ended; `details` holds its status.
    public static let processEnded = Self(rawValue: "process_ended")
    /// Input that does not continue what the process has; `details` holds the offset that does.
    public static let stdinOffset = Self(rawValue: "stdin_offset")
    /// Output from beyond the end was asked for; `details` holds the last number.
    public static let outOfRange = Self(rawValue: "out_of_range")
    /// The output was kept for as long as the fleet keeps it, and is gone.
    public static let outputExpired = Self(rawValue: "output_expired")
    /// The process has ended and its last output is missing; `details` holds how it ended.
    public static let outputTruncated = Self(rawValue: "output_truncated")
    /// The same operation was asked for before, with another request.
    public static let operationConflict = Self(rawValue: "operation_conflict")
    /// No worker runs for the provider.
    public static let noWorker = Self(rawValue: "no_worker")
}
