/// One program that the fleet keeps running.
package struct SupervisedService: Sendable {
    package let name: String
    /// Called before every start: writes what the program reads, and says how to start it.
    package let prepare: @Sendable () async throws -> ChildSpecification
    /// Whether the running child serves; asked again and again until it does.
    package let isReady: @Sendable (ChildProcess) async -> Bool
    package let readyTimeout: Duration
    package let stopSteps: [StopStep]

    package init(
        name: String,
        readyTimeout: Duration = .seconds(30),
        stopSteps: [StopStep],
        isReady: @escaping @Sendable (ChildProcess) async -> Bool,
        prepare: @escaping @Sendable () async throws -> ChildSpecification
    ) {
        self.name = name
        self.readyTimeout = readyTimeout
        self.stopSteps = stopSteps
        self.isReady = isReady
        self.prepare = prepare
    }
}
