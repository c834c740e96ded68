import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing
import VercelDriver

@Suite struct ListingTests {
    @Test func allBoxesOfTheFleetAreListedPageByPage() async throws {
        try await VercelFixture.with { fixture in
            let creations = (0..<53).map { fixture.creation(epoch: UInt64($0) + 1) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for creation in creations {
                    group.addTask { _ = try await fixture.driver.create(creation) }
                }
                try await group.waitForAll()
            }
            let stranger = try await VercelFixture(fixture.emulator)
            _ = try await stranger.driver.create(stranger.creation())
            let listed = try await fixture.driver.list()
            #expect(Set(listed.map(\.tag)) == Set(creations.map(\.tag)))
            #expect(listed.count == creations.count)
            #expect(listed.allSatisfy { $0.isRunning })
            await stranger.driver.shutdown()
        }
    }

    @Test func anEmptyPageIsNotTheLastOne() async throws {
        try await VercelFixture.with(options: ["--sparse-pages"]) { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            // Those of others come first, and fill a page.
            let stranger = try await VercelFixture(fixture.emulator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<51 {
                    group.addTask { _ = try await stranger.driver.create(stranger.creation()) }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.driver.list().map(\.tag) == [creation.tag])
            await stranger.driver.shutdown()
        }
    }

    @Test func aStoppedBoxIsListedAsStopped() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(SandboxSpec(purpose: "agent"))
            let box = try await fixture.driver.create(creation)
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let name = creation.tag.box.rawValue
            let account = fixture.driver.binding.account
            let expected = BoxListing(externalID: name, tag: creation.tag, isRunning: false, account: account)
            #expect(try await fixture.driver.list() == [expected])
        }
    }

    @Test func whatCarriesNoReadableTagIsReportedWithoutOne() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let name = try #require(box.envelope.boxId)
            let path = "/v2/sandboxes/\(name)?projectId=\(VercelFixture.project)"
            let tags = "{\"tags\": {\"fleet\": \"\(fixture.fleet)\", \"sandbox\": \"somebody's\"}}"
            try await fixture.ask("PATCH", path, .init(tags.utf8))
            let account = fixture.driver.binding.account
            #expect(
                try await fixture.driver.list()
                    == [BoxListing(externalID: name, tag: nil, isRunning: true, account: account)]
            )
        }
    }
}
