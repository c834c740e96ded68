import FleetTesting
import Model
import NIOConcurrencyHelpers
import Ownership
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

@Suite struct CheckpointTests {
    @Test func aCheckpointIsSavedOnceAndRestored() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            try await fixture.put("then", in: sandbox)
            let checkpoint = ArchiveID.now()
            for _ in 0..<2 { try await save(checkpoint, of: sandbox, fixture) }
            #expect(fixture.driver.calls.filter { $0 == .capture }.count == 1)
            #expect(try await fixture.value("select state from archives") == "current")

            try await fixture.put("now", in: sandbox)
            try await restore(checkpoint, of: sandbox, fixture)
            #expect(fixture.keeper.holdings[sandbox] == nil)
            // What was there became the current snapshot, and its box is gone.
            #expect(
                try await fixture.value("select count(*) from archives where purpose = 'snapshot' and state = 'current'")
                    == "1"
            )
            #expect(fixture.driver.boxes.isEmpty)
            try await fixture.acquire(sandbox)
            #expect(try await fixture.content(of: sandbox) == "then")
            #expect(try await fixture.value("select source_archive from sandboxes") == nil)
        }
    }

    @Test func whatDoesNotPersistIsRestoredToo() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served(persistent: false)
            try await fixture.put("then", in: sandbox)
            let checkpoint = ArchiveID.now()
            try await save(checkpoint, of: sandbox, fixture)
            try await fixture.put("now", in: sandbox)
            try await restore(checkpoint, of: sandbox, fixture)
            try await fixture.acquire(sandbox)
            #expect(try await fixture.content(of: sandbox) == "then")
        }
    }

    @Test func onlyWhatIsReadyIsRestored() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            await expect(.checkpointNotFound) {
                try await restore(.now(), of: sandbox, fixture)
            }
            let checkpoint = ArchiveID.now()
            let isCapturing = Gate()
            let mayEnd = Gate()
            fixture.driver.before { call in
                guard call == .capture else { return }
                isCapturing.open()
                await mayEnd.wait()
            }
            async let saved: Void = save(checkpoint, of: sandbox, fixture)
            await isCapturing.wait()
            await expect(.checkpointNotReady) {
                try await restore(checkpoint, of: sandbox, fixture)
            }
            mayEnd.open()
            try await saved
            #expect(try fixture.holding(sandbox).operations.isClosed == false)
        }
    }

    @Test func changesWaitForACaptureAndReadsDoNot() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            try await fixture.put("then", in: sandbox)
            let isCapturing = Gate()
            let mayEnd = Gate()
            fixture.driver.before { call in
                guard call == .capture else { return }
                isCapturing.open()
                await mayEnd.wait()
            }
            let checkpoint = ArchiveID.now()
            async let saved: Void = save(checkpoint, of: sandbox, fixture)
            await isCapturing.wait()
            async let removed: Void = remove("file", of: sandbox, fixture)
            let holding = try fixture.holding(sandbox)
            try await eventually("the change has come") { holding.operations.activity.running == 2 }
            try await fixture.ask(sandbox) { $0.statFile = .with { $0.path = "file" } }
            mayEnd.open()
            try await saved
            try await removed
            #expect(try await fixture.content(of: sandbox) == nil)
            try await restore(checkpoint, of: sandbox, fixture)
            try await fixture.acquire(sandbox)
            #expect(try await fixture.content(of: sandbox) == "then")
        }
    }

    @Test func aFailureIsInTheLedger() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            let checkpoint = ArchiveID.now()
            fixture.driver.before { call in
                if call == .capture { throw DriverError(.transient, "It did not answer.") }
            }
            await expect(.providerFailed) { try await save(checkpoint, of: sandbox, fixture) }
            #expect(try await fixture.value("select state || ': ' || error from archives") == "delete_pending: It did not answer.")
            fixture.driver.before(nil)
            await expect(.checkpointNotFound) { try await save(checkpoint, of: sandbox, fixture) }
            // The sandbox is none the worse.
            try await save(.now(), of: sandbox, fixture)
        }
    }

    @Test func aSupersededOwnerPublishesNothing() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.served()
            fixture.driver.before { call in if call == .capture { try await fixture.supersede(sandbox) } }
            await expect(.moving) { try await save(.now(), of: sandbox, fixture) }
            #expect(try await fixture.value("select state from archives") == "candidate")
        }
    }

    private func save(_ checkpoint: ArchiveID, of sandbox: SandboxID, _ fixture: WorkerFixture) async throws {
        try await fixture.ask(sandbox) { $0.saveCheckpoint = .with { $0.checkpointID = checkpoint.rawValue } }
    }

    private func restore(_ checkpoint: ArchiveID, of sandbox: SandboxID, _ fixture: WorkerFixture) async throws {
        try await fixture.ask(sandbox) { $0.restoreCheckpoint = .with { $0.checkpointID = checkpoint.rawValue } }
    }

    private func remove(_ path: String, of sandbox: SandboxID, _ fixture: WorkerFixture) async throws {
        try await fixture.ask(sandbox) { $0.removeFile = .with { $0.path = path } }
    }
}
