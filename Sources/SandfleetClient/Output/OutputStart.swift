/// Where the reading of a process's output begins.
public enum OutputStart: Hashable, Sendable {
    /// At a chunk, counted from 1.
    case sequence(Int)
    /// At bytes of the two streams, counted from 0; a stream without a number is left out.
    case offsets(stdout: Int?, stderr: Int?)

    /// At the first chunk.
    public static let beginning = Self.sequence(1)
}

/// What happened to the connection that output comes over.
public enum OutputConnectionChange: Sendable {
    /// It is lost, and will be made again.
    case lost(SandfleetError)
    /// Output, or a sign of life, has come again.
    case resumed
}
