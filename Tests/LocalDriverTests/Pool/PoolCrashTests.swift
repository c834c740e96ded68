import BoxClient
import FleetTesting
import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// Workers that die with boxes that wait, or while they give one away.
@Suite(.serialized, .enabled(if: isRoot))
struct PoolCrashTests {
    @Test func whatWaitedForADeadWorkerGoes() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try await LocalFixture.withPool(3, at: path) { fixture in
                _ = try await fixture.create(fixture.newTag())
                try await fixture.poolHas(3)
                kill(getpid(), SIGKILL)
            }
        }
        let remains = try Remains(at: path)
        #expect(remains.waiting.count >= 3 && remains.boxes.count == 1)
        #expect(try remains.waiting.allSatisfy { try !processes(of: $0.user).isEmpty })
        try await withSuccessor(remains) { fixture in
            try remains.expectNothingWaits()
            // The one that somebody has got lives on.
            let tag = remains.boxes[0].tag
            #expect(try await fixture.driver.list().map(\.tag) == [tag])
            #expect(try await fixture.resume(tag, epoch: 2).shell("echo x") == "x")
            #expect(try fixture.record(tag).process == remains.boxes[0].process)
        }
    }

    /// How far a claim has got when its worker dies.
    enum Step: String, Sendable, CaseIterable, Codable {
        case userIsPassed
        case recordIsWritten
        case placesAreExchanged
    }

    @Test(arguments: Step.allCases)
    func claimCutShort(_ step: Step) async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, step = step as Step] in
            let keeper = try BoxKeeper(configuration: LocalFixture.configuration(at: path))
            let pool = PoolDirectory(in: keeper.configuration)
            let pooled = try keeper.makePooled(in: pool)
            // As the pool does: no box waits that has not answered yet.
            _ = try await BoxConnection.connect(
                path: pooled.directory.socket,
                epoch: 0,
                sandbox: "",
                loop: try BoxLoop()
            )
            let tag = BoxTag(
                fleet: keeper.configuration.fleet,
                sandbox: LocalFixture.newID(),
                box: LocalFixture.newID(),
                epoch: 3
            )
            let directory = keeper.directory(tag.box)
            try HostFile.makeDirectory(directory.path)
            guard let lock = try directory.take() else { return }
            _ = lock
            try PoolCrashTests.claim(keeper, pooled, as: directory, tag, upTo: step)
            withExtendedLifetime(pool) { _ = kill(getpid(), SIGKILL) }
        }
        let remains = try Remains(at: path)
        let record = try #require((remains.waiting + remains.boxes).first)
        #expect(try processes(of: record.user).count == 2, "the box should still run")
        try await withSuccessor(remains) { fixture in
            try remains.expectNothingWaits()
            let users = try #require(fixture.driver.keeper.users)
            guard step == .placesAreExchanged else {
                #expect(try await fixture.driver.list().isEmpty)
                #expect(try processes(of: record.user).isEmpty)
                #expect(try await fixture.trashIsEmpty())
                // Free for the next one, although the link may still be there.
                let holder = HostFile.linkTarget("\(users.directory)/\(record.user)")
                #expect(holder.flatMap(HostFile.status) == nil)
                return
            }
            let tag = record.tag
            let directory = fixture.driver.keeper.directory(tag.box)
            #expect(HostFile.linkTarget("\(users.directory)/\(record.user)") == directory.path)
            #expect(try await fixture.driver.list().map(\.tag) == [tag])
            // Asked for again under its name it is that one, and nobody has spoken to it before.
            let box = try await fixture.create(tag)
            #expect(try fixture.record(tag).process == record.process)
            #expect(try await box.shell("echo x > f; cat f") == "x")
        }
    }

    /// The steps of `BoxKeeper.claim`, up to one of them.
    private static func claim(
        _ keeper: BoxKeeper,
        _ pooled: PooledBox,
        as directory: BoxDirectory,
        _ tag: BoxTag,
        upTo step: Step
    ) throws {
        if step == .placesAreExchanged {
            _ = try keeper.claim(pooled, as: directory, tag, image: nil)
            return
        }
        try keeper.users?.pass(pooled.record.user, from: pooled.directory, to: directory)
        guard step == .recordIsWritten else { return }
        var record = pooled.record
        record.tag = tag
        try pooled.directory.write(record)
    }

    /// The worker dies while the box waits at its barrier.
    @Test func launchCutShortGoes() async throws {
        let path = try LocalFixture.temporaryDirectory()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let keeper = try BoxKeeper(configuration: LocalFixture.configuration(at: path))
            let pool = PoolDirectory(in: keeper.configuration)
            let pooled = try keeper.makePooled(in: pool)
            // What stands on the disk before the launch has told its process.
            var record = pooled.record
            record.state = .creating
            record.process = nil
            record.group = nil
            try pooled.directory.write(record)
            withExtendedLifetime(pool) { _ = kill(getpid(), SIGKILL) }
        }
        let remains = try Remains(at: path)
        #expect(try processes(of: remains.waiting[0].user).count == 2)
        try await withSuccessor(remains) { fixture in
            try remains.expectNothingWaits()
            let groups = fixture.driver.keeper.capabilities.groups
            for base in Array(groups.legacy.values) + (groups.unified.map { [$0] } ?? []) {
                #expect(try HostFile.names(in: base)?.contains { BoxID($0) != nil } == false)
            }
        }
    }

    /// Two workers on the same data: neither throws away what waits for the other.
    @Test func livingWorkersPoolsAreLeftAlone() async throws {
        try await LocalFixture.withPool(2) { fixture in
            let waiting = try fixture.boxPool.ready
            let claimed = fixture.newTag()
            _ = try await fixture.create(claimed)
            try await fixture.poolHas(2)
            let second = try await LocalFixture(fixture.configuration)
            try await second.poolHas(2)
            #expect(try HostFile.names(in: fixture.configuration.poolDirectory)?.count == 2)
            for box in try fixture.boxPool.ready + second.boxPool.ready {
                #expect(try fixture.driver.keeper.isRunning(box.record))
            }
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            #expect(try await box.shell("echo x") == "x")
            #expect(try fixture.record(tag).process == waiting[1].record.process)
            let group = try #require(try fixture.record(claimed).group)
            #expect(group.directories.allSatisfy { HostFile.status($0) != nil })
            await second.driver.shutdown()
            #expect(try HostFile.names(in: fixture.configuration.poolDirectory)?.count == 1)
            #expect(try await fixture.resume(claimed, epoch: 2).shell("echo x") == "x")
            try await fixture.poolHas(2)
        }
    }

    /// What a dead worker has left on the disk.
    struct Remains {
        var configuration: LocalConfiguration
        var waiting: [LocalBoxRecord] = []
        var boxes: [LocalBoxRecord] = []

        init(at path: String) throws {
            configuration = try LocalFixture.configuration(at: path)
            for run in try HostFile.names(in: configuration.poolDirectory) ?? [] {
                for box in try PoolDirectory.boxes(in: "\(configuration.poolDirectory)/\(run)") {
                    if let record = try box.readRecord() { waiting.append(record) }
                }
            }
            for name in try HostFile.names(in: configuration.boxesDirectory) ?? [] {
                let box = BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)")
                if let record = try box.readRecord() { boxes.append(record) }
            }
            configuration.fleet = try #require((waiting + boxes).first).tag.fleet
        }

        func expectNothingWaits() throws {
            #expect(try HostFile.names(in: configuration.poolDirectory) == [])
            for record in waiting {
                #expect(try processes(of: record.user).isEmpty)
                for group in record.group?.directories ?? [] { #expect(HostFile.status(group) == nil) }
            }
        }
    }

    private func withSuccessor(_ remains: Remains, _ body: (LocalFixture) async throws -> Void) async throws {
        let path = String(remains.configuration.dataDirectory.dropLast("/data".count))
        try await LocalFixture.withDriver(at: path) {
            $0 = remains.configuration
        } _: { fixture in
            try await body(fixture)
        }
    }
}
