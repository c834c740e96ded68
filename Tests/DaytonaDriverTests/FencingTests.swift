import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import DaytonaDriver

/// An owner that was frozen for long finds that another one has begun.
@Suite struct FencingTests {
    @Test func whoHadItBeforeChangesNothingMore() async throws {
        let boxes = DaytonaBoxSettings(labels: ["team": "blue"])
        try await DaytonaFixture.with([], boxes) { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let successor = try await DaytonaFixture.driver(fixture.emulator, fleet: fixture.fleet)
            _ = try await fixture.resume(box.envelope, by: successor, of: creation, epoch: 2)
            try await fixture.emulator.clearRequests()
            try await expect(.conflict) { try await fixture.driver.stop(box.envelope, epoch: 1) }
            try await expect(.conflict) { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await expect(.conflict) { _ = try await fixture.driver.capture(fixture.capture(box.envelope)) }
            try await expect(.conflict) { _ = try await fixture.resume(box.envelope, of: creation, epoch: 1) }
            #expect(Set(try await fixture.emulator.requests().map(\.method)) == ["GET"])
            try await expect(.conflict) { _ = try await fixture.driver.create(creation) }
            #expect(try await fixture.sandboxes().values.first == "started")
            var tag = creation.tag
            tag.epoch = 2
            #expect(try await fixture.driver.list().map(\.tag) == [tag])
            let api = fixture.driver.accounts.fleets.api
            let name = BoxName(fleet: fixture.fleet, creation.tag.box)
            #expect(try await api.get(name.description, of: box.envelope).labels?["team"] == "blue")
            try await successor.stop(box.envelope, epoch: 2)
            try await successor.delete(box.envelope, epoch: 2)
            #expect(try await fixture.sandboxes().isEmpty)
        }
    }

    @Test func whatASlowOneWritesMeanwhileIsPutRight() async throws {
        try await DaytonaFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            var older = creation.tag
            older.epoch = 2
            let successor = try await DaytonaFixture.driver(
                fixture.emulator,
                fleet: fixture.fleet,
                entrance: Rival(tag: older)
            )
            _ = try await fixture.resume(box.envelope, by: successor, of: creation, epoch: 3)
            try await expect(.conflict) { try await fixture.driver.delete(box.envelope, epoch: 2) }
        }
    }

    @Test func whoWaitsForAStopSeesThatAnotherHasBegun() async throws {
        try await DaytonaFixture.with(["--delay", "stop=2"]) { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            async let stopped: Void = fixture.driver.stop(box.envelope, epoch: 1)
            try await eventually("it is being stopped") {
                try await fixture.sandboxes().values.contains("stopping")
            }
            _ = try await fixture.resume(box.envelope, of: creation, epoch: 2)
            do {
                try await stopped
                // It may have seen the moment between the stop and the start.
            } catch let error as DriverError {
                #expect(error.kind == .conflict)
            }
            #expect(try await fixture.emulator.count("POST", "/stop") == 1)
            #expect(try await fixture.sandboxes().values.first == "started")
        }
    }
}

/// Lets somebody slow write its epoch while another owner enters.
private struct Rival: DaytonaEntrance {
    let tag: BoxTag

    func enter(_ entry: DaytonaEntry, _ api: DaytonaAPI) async throws(DriverError) -> any Box {
        try await api.setLabels(TagLabels.of(tag), of: entry.sandbox.id, entry.envelope)
        return ClosedBox(envelope: entry.envelope)
    }
}
