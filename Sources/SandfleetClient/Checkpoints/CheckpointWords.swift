/// Whether a checkpoint can be used.
public struct CheckpointStatus: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// It is being saved.
    public static let saving = Self(rawValue: "saving")
    /// It can be used.
    public static let ready = Self(rawValue: "ready")
    /// It was not saved; `Checkpoint.error` says why.
    public static let failed = Self(rawValue: "failed")
    /// It is being deleted.
    public static let deleting = Self(rawValue: "deleting")
}

/// How a checkpoint is kept.
public struct CheckpointFormat: OpenValue {
    /// The word of the API.
    public let rawValue: String

    /// Wraps a word, known or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// In the provider's own form: quick, and bound to the provider and the host.
    public static let native = Self(rawValue: "native")
    /// As an archive of the workspace, for a box of any provider.
    public static let portable = Self(rawValue: "portable")
}
