import FleetTesting
import Glibc
import Model
import PrometheusMetrics
import ProviderKit
import Testing

@testable import LocalDriver

/// Who gets boxes that wait, and what becomes of them.
@Suite(.serialized, .enabled(if: isRoot))
struct PoolTests {
    @Test func isFilledAgainAfterEachClaim() async throws {
        try await LocalFixture.withPool(2) { fixture in
            let first = Set(try fixture.boxPool.ready.compactMap(\.record.process))
            var tags: [BoxTag] = []
            for _ in 0..<3 {
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                #expect(try await box.shell("echo x > f; cat f") == "x")
                tags.append(tag)
                try await fixture.poolHas(2)
            }
            let taken = try tags.compactMap { try fixture.record($0).process }
            #expect(Set(taken.prefix(2)) == first && Set(taken).count == 3)
            // What the claims have left goes by itself.
            try await eventually("only those that wait lie there") { try fixture.poolDirectories().count == 2 }
        }
    }

    @Test func sizeZeroIsNone() async throws {
        try await LocalFixture.withDriver { fixture in
            #expect(fixture.driver.boxPool == nil)
            _ = try await fixture.create()
            #expect(try HostFile.names(in: fixture.configuration.poolDirectory) == [])
        }
    }

    /// More ask at once than boxes wait: each gets one of its own.
    @Test func noTwoGetTheSame() async throws {
        try await LocalFixture.withPool(3) { fixture in
            let waiting = Set(try fixture.boxPool.ready.compactMap(\.record.process))
            let tags = (0..<8).map { _ in fixture.newTag() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for tag in tags {
                    group.addTask {
                        let box = try await fixture.create(tag)
                        let own = try await box.shell("echo \(tag.box) > id; cat id; ls /workspace")
                        #expect(own == "\(tag.box)\nid")
                    }
                }
                try await group.waitForAll()
            }
            let records = try tags.map { try fixture.record($0) }
            #expect(Set(records.map(\.user)).count == 8)
            let processes = Set(records.compactMap(\.process))
            #expect(processes.count == 8 && waiting.isSubset(of: processes))
        }
    }

    /// One tag asked for twice at once is one box still.
    @Test func oneTagIsOneBox() async throws {
        try await LocalFixture.withPool(2) { fixture in
            let tag = fixture.newTag()
            let kinds = await withTaskGroup(of: DriverError.Kind?.self) { group in
                for _ in 0..<4 { group.addTask { await failure { _ = try await fixture.create(tag) } } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(kinds.contains(nil) && kinds.allSatisfy { $0 == nil || $0 == .conflict })
            let process = try fixture.record(tag).process
            _ = try await fixture.create(tag)
            #expect(try fixture.record(tag).process == process)
            #expect(try await fixture.driver.list().count == 1)
            try await fixture.poolHas(2)
        }
    }

    @Test func whatAsksForMoreIsMadeForThePurpose() async throws {
        try await LocalFixture.withPool(1) { fixture in
            let waiting = try #require(try fixture.boxPool.ready.first)
            let image = "\(fixture.configuration.dataDirectory)/images/plain"
            try HostFile.makeDirectories("\(image)/etc")
            for spec in [
                SandboxSpec(networkPolicy: .full), SandboxSpec(resources: Resources(memoryMb: 64)),
                SandboxSpec(resources: Resources(vcpus: 1)),
            ] {
                let tag = fixture.newTag()
                let box = try await fixture.create(tag, spec)
                #expect(try await box.shell("echo x") == "x")
                #expect(try fixture.record(tag).limits.memoryMb == spec.resources.memoryMb)
                #expect(try fixture.record(tag).networkPolicy == spec.networkPolicy)
            }
            let tag = fixture.newTag()
            // Nothing in that image can run; made for the purpose it is all the same.
            let (pool, spec) = (try fixture.boxPool, SandboxSpec(image: "plain"))
            _ = try fixture.driver.keeper.create(tag, spec) { pool.give(to: $0, tag, spec) }
            #expect(try fixture.record(tag).layers.contains(image))
            #expect(try fixture.boxPool.ready == [waiting])

            let named = fixture.newTag()
            _ = try await fixture.create(named, SandboxSpec(image: "host"))
            #expect(try fixture.record(named).process == waiting.record.process)
            #expect(try fixture.record(named).image == "host")
        }
    }

    /// A host that has changed makes other boxes than those that wait.
    @Test func outdatedBoxesAreThrownAway() async throws {
        try await LocalFixture.withPool(2) { fixture in
            let old = try fixture.boxPool.ready
            try #require(utimensat(AT_FDCWD, fixture.configuration.daemonPath, nil, 0) == 0)
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            #expect(try !old.map(\.record.process).contains(fixture.record(tag).process))
            try await fixture.poolHas(2)
            try await eventually("the old ones are gone") {
                try old.allSatisfy { box in
                    try HostFile.status(box.directory.path) == nil && processes(of: box.record.user).isEmpty
                }
            }
        }
    }

    @Test func whatHasDiedWhileItWaitedIsNobodys() async throws {
        try await LocalFixture.withPool(2) { fixture in
            let waiting = try fixture.boxPool.ready
            guard let hold = try waiting[0].record.process?.hold() else { throw FixtureError("nothing waits") }
            try hold.signal(SIGKILL)
            let hasEnded = try hold.waitForEnd(.seconds(10))
            #expect(hasEnded)
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            #expect(try await box.shell("echo x") == "x")
            #expect(try fixture.record(tag).process == waiting[1].record.process)
            try await eventually("the dead one is gone") { HostFile.status(waiting[0].directory.path) == nil }
        }
    }

    /// Nobody who asks for a box hears of that, and once it helps it is tried again.
    @Test func failuresToFillAreTold() async throws {
        let log = LogRecorder()
        let metrics = PrometheusRegistry()
        var configuration = try LocalFixture.configuration(at: LocalFixture.temporaryDirectory())
        configuration.poolSize = 1
        configuration.poolQuietTime = .zero
        let fixture = try await LocalFixture(configuration, metrics: metrics, logger: log.logger)
        try await fixture.poolHas(1)
        let run = try #require(try HostFile.names(in: configuration.poolDirectory)?.first)
        let path = "\(configuration.poolDirectory)/\(run)"
        _ = try await fixture.create()
        try await fixture.poolHas(1)
        // Neither can the one that waits be claimed, nor another be made.
        let lost = try #require(try fixture.boxPool.ready.first)
        try #require(rename(path, "\(path).away") == 0)
        let tag = fixture.newTag()
        let box = try await fixture.create(tag)
        #expect(try await box.shell("echo x") == "x")
        try await eventually("it is told") { log.text.contains("no box could be made in advance") }
        let more = try await fixture.create()
        #expect(try await more.shell("echo x") == "x")
        #expect(
            log.text.split(separator: "\n").filter { $0.contains("no box could be made in advance") }.count == 1,
            "the same is told once"
        )

        let counted = metrics.exposition().split(separator: "\n")
        #expect(counted.contains("sandfleet_local_pool_ready 0"))
        #expect(counted.contains("sandfleet_local_pool_hits_total 1"))
        #expect(counted.contains(#"sandfleet_local_pool_misses_total{reason="failed"} 1"#))
        #expect(counted.contains(#"sandfleet_local_pool_misses_total{reason="empty"} 1"#))
        #expect(counted.contains { $0.hasPrefix("sandfleet_local_pool_failures_total ") && !$0.hasSuffix(" 0") })

        try #require(rename("\(path).away", path) == 0)
        try fixture.driver.keeper.discard(pooled: lost.directory)
        try await fixture.driver.delete(more.envelope, epoch: 1)
        try await fixture.poolHas(1)
        await fixture.cleanUp()
    }

    /// What cannot be run is found out before anybody gets it.
    @Test func onlyBoxesThatAnswerWait() async throws {
        try await LocalFixture.withPool(1) { fixture in
            let daemon = fixture.configuration.daemonPath
            try #require(chmod(daemon, 0o600) == 0)
            _ = try await fixture.create()
            try await eventually("the attempt is over") { try fixture.boxPool.hasFailed }
            #expect(try fixture.boxPool.ready.isEmpty)
            try await eventually("nothing of it is left") { try fixture.poolDirectories().isEmpty }
            try #require(chmod(daemon, 0o755) == 0)
            _ = try await fixture.create()
            try await fixture.poolHas(1)
        }
    }

    @Test func listingsTellOfSandboxesBoxesAlone() async throws {
        try await LocalFixture.withPool(2) { fixture in
            #expect(try await fixture.driver.list().isEmpty)
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            let listing = try await fixture.driver.list()
            #expect(listing.map(\.externalID) == [tag.box.rawValue] && listing.map(\.tag) == [tag])
        }
    }

    /// A box that has waited is stopped, started, saved, forked and deleted like any other.
    @Test(arguments: Ground.allCases)
    func livesOnLikeAnyOther(_ ground: Ground) async throws {
        try await ground.withDirectory { path in
            try await LocalFixture.withPool(1, at: path) { fixture in
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                let group = try #require(try fixture.record(tag).group)
                _ = try await box.shell("echo kept > f")
                let archive = try await fixture.capture(tag)
                _ = try await box.shell("echo changed > f")
                try await fixture.driver.stop(box.envelope, epoch: 1)
                let again = try await fixture.resume(tag, epoch: 2)
                #expect(try await again.shell("cat f") == "changed")
                let fork = try await fixture.create(from: archive)
                #expect(try await fork.shell("cat f; touch g; ls") == "kept\nf\ng")
                let user = try fixture.record(tag).user
                try await fixture.driver.delete(again.envelope, epoch: 2)
                try await eventually("nothing of it is left") {
                    try processes(of: user).isEmpty && group.directories.allSatisfy { HostFile.status($0) == nil }
                }
                let users = try #require(fixture.driver.keeper.users)
                #expect(HostFile.linkTarget("\(users.directory)/\(user)") == nil)
                try await fixture.driver.discard(archive.id)
            }
        }
    }

    @Test func shutdownLeavesNothing() async throws {
        let mounts = try LocalFixture.mounts()
        var configuration = try LocalFixture.configuration(at: LocalFixture.temporaryDirectory())
        configuration.poolSize = 3
        let fixture = try await LocalFixture(configuration)
        try await fixture.poolHas(3)
        let waiting = try fixture.boxPool.ready
        let users = try #require(fixture.driver.keeper.users)
        #expect(waiting.allSatisfy { HostFile.linkTarget("\(users.directory)/\($0.record.user)") == $0.directory.path })
        await fixture.driver.shutdown()
        for box in waiting {
            #expect(try processes(of: box.record.user).isEmpty)
            #expect(HostFile.linkTarget("\(users.directory)/\(box.record.user)") == nil)
            for group in try #require(box.record.group).directories { #expect(HostFile.status(group) == nil) }
        }
        #expect(try HostFile.names(in: configuration.poolDirectory) == [])
        #expect(try LocalFixture.mounts() == mounts)
        await fixture.cleanUp()
    }
}
