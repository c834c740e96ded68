import Bus
import Crypto
import Fleet
import FleetTesting
import Foundation
import Logging
import Model
import PrometheusMetrics
import ProviderKit
import ServiceLifecycle
import Store
import Testing

@testable import PostgresClient
@testable import ServiceHost
@testable import Worker

@Suite struct ShutdownTests {
    /// Told to stop, it is asked for nothing new, hands over however long that takes, and only then leaves.
    @Test func theHeartBeatsUntilEverythingIsHandedOver() async throws {
        try await WorkerFixture.with { fixture in
            let host = try await fixture.host()
            let driver = FakeDriver(captures: .running)
            let service = WorkerService(
                identity: WorkerIdentity(id: .now(), name: "stopping", fleet: fixture.keeper.identity.fleet),
                host: host,
                drivers: [driver],
                settings: .test
            )
            let group = ServiceGroup(services: [service], logger: fixture.keeper.logger)
            let running = Task { try await group.run() }
            let sandbox = try await fixture.sandbox()
            let acquire: @Sendable () async throws -> Void = {
                _ = try await fixture.asker.acquire(
                    provider: "fake",
                    placement: nil,
                    workspace: fixture.workspace,
                    sandbox: sandbox,
                    context: CallContext(requestID: "test", deadline: .now + .seconds(10))
                )
            }
            try await eventually("it serves") { (try? await acquire()) != nil }
            let validUntil: @Sendable () async throws -> Date? = {
                try await fixture.pool.query("select valid_until from workers where name = 'stopping'")
                    .first?
                    .get("valid_until", as: Date.self)
            }
            let beats = OneShot<Bool>()
            driver.before { call in
                guard call == .capture else { return }
                let before = try await validUntil()
                do {
                    try await eventually("a heartbeat came") { try await validUntil() != before }
                    beats.resolve(true)
                } catch {
                    beats.resolve(false)
                }
            }
            await group.triggerGracefulShutdown()
            #expect(await beats.wait())
            try await running.value
            #expect(driver.calls == [.create, .capture, .stop])
            #expect(try await fixture.store.sandbox(sandbox, in: fixture.workspace)?.status == .paused)
            #expect(try await fixture.value("select state from workers where name = 'stopping'") == "stopped")
            await #expect(throws: BusError.self) { try await acquire() }
        }
    }
}

extension WorkerFixture {
    /// What a service of its own stands on; bus and database are the fixture's.
    fileprivate func host() async throws -> ServiceHost {
        ServiceHost(
            role: .worker,
            settings: ServiceSettings(values: [:]),
            fleet: keeper.identity.fleet,
            logger: keeper.logger,
            metrics: PrometheusRegistry(),
            bus: keeper.bus,
            postgres: pool.configuration,
            pool: pool,
            store: store,
            instance: "test"
        )
    }
}

extension WorkerSettings {
    fileprivate static var test: WorkerSettings {
        WorkerSettings(
            hostName: "host",
            pid: 1,
            version: "0",
            shutdown: .drain,
            shutdownGrace: .seconds(600),
            outputStreamBytes: 1 << 20,
            outputReplicas: 1,
            storedLimit: 1 << 20,
            archive: nil,
            workspaceLimits: TarLimits(entries: 10, bytes: 10)
        )
    }
}
