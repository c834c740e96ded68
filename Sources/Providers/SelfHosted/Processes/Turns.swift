/// Lets one caller after another do something that has to be done in order.
actor Turns {
    private var last: Task<Void, Never>?

    nonisolated func take<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(SelfHostedFailure) -> Value
    ) async throws(SelfHostedFailure) -> Value {
        let result = await enqueue(body).value
        return try result.get()
    }

    private func enqueue<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(SelfHostedFailure) -> Value
    ) -> Task<Result<Value, SelfHostedFailure>, Never> {
        let before = last
        let task = Task { () -> Result<Value, SelfHostedFailure> in
            await before?.value
            do throws(SelfHostedFailure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        last = Task { _ = await task.value }
        return task
    }
}
