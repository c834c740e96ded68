/// What the gateway stands on, each asked by itself.
package struct Readiness: Sendable {
    private static let patience = Duration.seconds(2)

    private let checks: [(name: String, check: @Sendable () async throws -> Void)]

    package init(_ checks: [(name: String, check: @Sendable () async throws -> Void)]) {
        self.checks = checks
    }

    /// Which of them answer.
    func look() async -> [(name: String, isUp: Bool)] {
        var found: [(name: String, isUp: Bool)] = []
        for (name, check) in checks { found.append((name, await Self.isUp(check))) }
        return found
    }

    private static func isUp(_ check: @escaping @Sendable () async throws -> Void) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                do {
                    try await check()
                    return true
                } catch {
                    return false
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return false
            }
            return await group.next() ?? false
        }
    }
}
