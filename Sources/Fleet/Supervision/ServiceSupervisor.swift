import Glibc

/// Starts one service, restarts it when it crashes, and stops it for good.
package actor ServiceSupervisor {
    package nonisolated let service: SupervisedService
    private let directory: DataDirectory
    private let report: @Sendable (String, ServiceEvent) async -> Void
    private let hurry: OneShot<Void>
    private let started = OneShot<Void>()
    private let stopRequested = OneShot<Void>()
    private let kept = OneShot<Void>()
    private var backoff: RestartBackoff
    private var child: ChildProcess?

    /// Makes a supervisor that has started nothing yet.
    ///
    /// Once `hurry` resolves, a stop no longer waits for the service to finish its work. `report` is told of every
    /// change, in order.
    package init(
        _ service: SupervisedService,
        in directory: DataDirectory,
        backoff: RestartBackoff = RestartBackoff(),
        hurry: OneShot<Void> = OneShot(),
        report: @escaping @Sendable (String, ServiceEvent) async -> Void
    ) {
        self.service = service
        self.directory = directory
        self.backoff = backoff
        self.hurry = hurry
        self.report = report
    }

    /// The first start: returns when the service is ready, throws when it did not come up.
    package func start() async throws {
        try await launch()
        started.resolve(())
    }

    /// Restarts the service whenever it ends; returns after ``stop()``.
    package func keepAlive() async {
        await started.wait()
        while stopRequested.value == nil, let child {
            let clock = ContinuousClock.now
            let status = await child.exit.wait()
            guard stopRequested.value == nil else { break }
            forget(child)
            let pause = backoff.pause(after: ContinuousClock.now - clock)
            await report(service.name, .ended(status, restartIn: pause))
            await restart(after: pause)
        }
        kept.resolve(())
    }

    /// Stops the service; returns when its process is gone.
    package func stop() async {
        stopRequested.resolve(())
        started.resolve(())
        await endChild()
        await kept.wait()
        // A restart may have been under way.
        await endChild()
        await report(service.name, .stopped)
    }

    private func restart(after first: Duration) async {
        var pause = first
        while await stopRequested.wait(for: pause) == nil {
            do {
                return try await launch()
            } catch {
                guard stopRequested.value == nil else { return }
                pause = backoff.pause(after: .zero)
                await report(service.name, .restartFailed("\(error)", nextIn: pause))
            }
        }
    }

    private func launch() async throws {
        let specification = try await service.prepare()
        LogFile(specification.log).rotate()
        unlink(directory.readyMark(service.name))
        let child = try await ChildProcess.spawn(specification)
        self.child = child
        if let identity = ProcessIdentity(pid: child.pid) {
            try TextFile.replace(directory.processRecord(service.name), with: identity.text)
        }
        do {
            try await waitUntilReady(child, log: LogFile(specification.log))
        } catch {
            await endChild()
            throw error
        }
        await report(service.name, .ready(pid: child.pid))
    }

    private func waitUntilReady(_ child: ChildProcess, log: LogFile) async throws {
        let deadline = ContinuousClock.now + service.readyTimeout
        while true {
            if child.exit.value == nil, await service.isReady(child) { return }
            if Task.isCancelled || stopRequested.value != nil {
                throw FleetError(.interrupted, "Stopped while \(service.name) was starting.")
            }
            if let status = await child.exit.wait(for: .milliseconds(10)) {
                throw notReady("ended with \(status) before it was ready", log)
            }
            if ContinuousClock.now > deadline { throw notReady("was not ready after \(service.readyTimeout)", log) }
        }
    }

    private func notReady(_ what: String, _ log: LogFile) -> FleetError {
        let tail = log.tail()
        let lines = tail.isEmpty ? "It wrote nothing." : "Its last lines:\n\(tail)"
        return FleetError(.notReady, "\(service.name) \(what).", advice: "\(lines)\nIts log is \(log.path).")
    }

    private func endChild() async {
        guard let child else { return }
        await child.stop(service.stopSteps, hurry: hurry)
        forget(child)
    }

    private func forget(_ ended: ChildProcess) {
        unlink(directory.processRecord(service.name))
        if child === ended { child = nil }
    }
}
