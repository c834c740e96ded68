import Model

/// Runs a call for a limited time; it is cancelled afterwards.
func withDeadline<Value: Sendable>(
    _ limit: Duration,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw Fault(.deadlineExceeded, "The machine did not answer in time.", retryAfter: 1)
        }
        return value
    }
}
