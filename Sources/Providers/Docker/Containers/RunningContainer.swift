/// A container that was seen to run, or was just started.
struct RunningContainer: Sendable {
    let id: String
    /// Where its ports are reached, `port.<number>` to `host:port`.
    let endpoints: [String: String]
}
