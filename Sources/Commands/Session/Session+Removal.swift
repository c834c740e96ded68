extension Session {
    /// Removes one after another, and shows which are gone, also when one of them fails.
    func removing(_ ids: [String], _ remove: (String) async throws -> Void) async throws {
        var removed: [String] = []
        do {
            for id in ids {
                try await remove(id)
                removed.append(id)
            }
        } catch {
            if !removed.isEmpty { try await show(removed) }
            throw error
        }
        try await show(removed)
    }

    private func show(_ removed: [String]) async throws {
        try await output.show(["removed": removed], or: removed.joined(separator: "\n"))
    }
}
