/// Calls that may block for a while, each on a thread of its own.
enum OwnThread {
    /// Nil when no thread could be started.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        let outcome = OneShot<Value>()
        guard (try? ChildThread.detach { outcome.resolve(body()) }) != nil else { return nil }
        return await outcome.wait()
    }
}
