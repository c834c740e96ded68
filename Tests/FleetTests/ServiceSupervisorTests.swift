import Fleet
import FleetTesting
import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServiceSupervisorTests {
    /// What a supervisor reported, awaitable.
    private final class Reports: Sendable {
        private let state = NIOLockedValueBox<[ServiceEvent]>([])
        var events: [ServiceEvent] { state.withLockedValue { $0 } }
        var readyPIDs: [Int32] { events.compactMap { if case .ready(let pid) = $0 { pid } else { nil } } }
        func add(_ event: ServiceEvent) { state.withLockedValue { $0.append(event) } }
    }

    @Test func crashesAreAnsweredWithGrowingPauses() async throws {
        try await withSupervisor(
            script: "exec sleep 1000",
            crashes: true,
            backoff: .init(first: .milliseconds(1), longest: .milliseconds(4))
        ) {
            supervisor,
            reports,
            _ in
            try await supervisor.start()
            await supervised(supervisor) {
                try await eventually("five crashes") { pauses(reports).count >= 5 }
            }
            #expect(Array(pauses(reports).prefix(5)) == [1, 2, 4, 4, 4].map { .milliseconds($0) })
            #expect(reports.events.last == .stopped)
        }
    }

    @Test func stuckServiceIsKilledAfterItsGrace() async throws {
        // The shell and its child ignore the request to stop.
        try await withSupervisor(script: "trap '' TERM; exec sleep 1000") { supervisor, reports, directory in
            try await supervisor.start()
            let pid = try #require(reports.readyPIDs.first)
            let process = try #require(ProcessIdentity(pid: pid))
            #expect(TextFile.read(directory.processRecord("test")) == process.text)
            await supervised(supervisor) {}
            #expect(!process.isAlive)
            #expect(TextFile.read(directory.processRecord("test")) == nil)
        }
    }

    @Test func firstStartThatFailsIsAnError() async throws {
        try await withSupervisor(script: "echo no luck; exit 9", isReady: false) { supervisor, _, _ in
            let error = await #expect(throws: FleetError.self) { try await supervisor.start() }
            #expect(error?.code == .notReady)
            #expect(error?.advice?.contains("no luck") == true)
            await supervised(supervisor) {}
        }
    }

    @Test func backoffStartsOverAfterALongLife() {
        var backoff = RestartBackoff(first: .seconds(1), longest: .seconds(10), settled: .seconds(30))
        #expect((0..<5).map { _ in backoff.pause(after: .seconds(2)) } == [1, 2, 4, 8, 10].map { .seconds($0) })
        #expect(backoff.pause(after: .seconds(31)) == .seconds(1))
    }

    @Test func leftoversAreEndedAndStrangersSpared() async throws {
        try await withTemporaryDirectory { folder in
            let directory = try DataDirectory(creating: "\(folder)/fleet")
            let specification = ChildSpecification(executable: "/bin/sleep", arguments: ["1000"], log: "\(folder)/log")
            let leftover = try await ChildProcess.spawn(specification)
            let stranger = try await ChildProcess.spawn(specification)
            let identity = try #require(ProcessIdentity(pid: leftover.pid))
            try TextFile.replace(directory.processRecord("worker"), with: identity.text)
            // The recorded process has ended, and another one has its pid.
            let reused = identity.text.replacing("\(leftover.pid) ", with: "\(stranger.pid) ")
            let other = reused.split(separator: " ").enumerated().map { $0 == 1 ? "1" : String($1) }
            try TextFile.replace(directory.processRecord("reaper"), with: other.joined(separator: " "))

            #expect(await Leftovers(directory: directory).end(order: ["worker", "reaper"]) == ["worker"])
            #expect(try await leftover.ended() == .signaled(SIGTERM))
            #expect(stranger.exit.value == nil)
            await stranger.stop([])
        }
    }

    private func withSupervisor(
        script: String,
        isReady: Bool = true,
        crashes: Bool = false,
        backoff: RestartBackoff = RestartBackoff(),
        _ body: (ServiceSupervisor, Reports, DataDirectory) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            let directory = try DataDirectory(creating: "\(folder)/fleet")
            let reports = Reports()
            let service = SupervisedService(name: "test", stopSteps: [StopStep(SIGTERM, grace: .milliseconds(200))]) {
                _ in
                isReady
            } prepare: {
                ChildSpecification(executable: "/bin/sh", arguments: ["-c", script], log: directory.log("test"))
            }
            let supervisor = ServiceSupervisor(service, in: directory, backoff: backoff) {
                reports.add($1)
                if crashes, case .ready(let pid) = $1 { kill(pid, SIGKILL) }
            }
            try await body(supervisor, reports, directory)
        }
    }

    /// Keeps the service alive while `body` runs, then stops it.
    private func supervised(_ supervisor: ServiceSupervisor, _ body: () async throws -> Void) async {
        await withTaskGroup { group in
            group.addTask { await supervisor.keepAlive() }
            await #expect(throws: Never.self) { try await body() }
            await supervisor.stop()
        }
    }

    private func pauses(_ reports: Reports) -> [Duration] {
        reports.events.compactMap { if case .ended(.signaled(SIGKILL), let pause) = $0 { pause } else { nil } }
    }
}
