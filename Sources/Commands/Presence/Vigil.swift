import SandfleetClient

/// Keeps a sandbox awake for as long as there is proof that somebody needs it.
struct Vigil: Sendable {
    /// How often the fleet is told, and for how long each time: one that is lost does no harm.
    private static let period = Duration.seconds(30)
    private static let span = Duration.seconds(90)

    let client: SandfleetClient
    let sandbox: String

    /// Goes on until the task is cancelled.
    ///
    /// - Parameter isNeeded: Asked before each time; a connection that is open proves nothing about the person behind it.
    func keep(while isNeeded: () -> Bool) async throws {
        while true {
            if Presence.hasTerminal, isNeeded() { await tell() }
            try await Task.sleep(for: Self.period)
        }
    }

    /// Goes on until the body has come to its end.
    func keep(during body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await keep(while: { true })
                return false
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next() {
                if isDone { return }
            }
        }
    }

    private func tell() async {
        do {
            try await client.keepSandboxAlive(sandbox, for: Self.span)
        } catch {
            // Whoever reads its output is told of whatever matters here, and the next time may go through.
        }
    }
}
