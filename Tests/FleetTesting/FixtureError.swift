package import Fleet

/// A fixture that could not be set up, or that did not do what was waited for.
package struct FixtureError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension ChildProcess {
    /// How it ended, or an error when it does not; cancellation does not end the wait, so there is a limit.
    package func ended(within limit: Duration = .seconds(60)) async throws -> WaitStatus {
        guard let status = await exit.wait(for: limit) else {
            throw FixtureError("process \(pid) has not ended within \(limit)")
        }
        return status
    }
}

/// Looks every 20 ms until `condition` holds: for states of other processes, which nobody signals.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw FixtureError("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
