import Bus
import FleetTesting
import Foundation
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import ServiceHost
import Testing

@testable import SelfHostedDriver

/// One request and what becomes of it when the machine, the broker or an answer is missing.
struct CallTests {
    @Test func anAbsentMachineIsOfflineAndNeverGone() async throws {
        try await withAgent(starting: false) { fixture in
            let began = ContinuousClock.now
            let unheard = await failure { _ = try await fixture.driver.create(fixture.creation()) }
            #expect(unheard?.kind == .agentOffline)
            // One beat, and a little; not the patience for a machine that was heard once.
            #expect(ContinuousClock.now - began < .seconds(20))
            try await fixture.agent.start()
            try await eventually("it is heard") { fixture.driver.directory.presence(of: fixture.agent.id) == .online }
            let box = try await fixture.driver.create(fixture.creation())
            try fixture.agent.beat(leaving: true)
            try await eventually("it has left") { fixture.driver.directory.presence(of: fixture.agent.id) == .offline }
            let left = await failure { _ = try await box.stat("/x") }
            #expect(left?.kind == .agentOffline)
            let resumed = await failure { _ = try await fixture.driver.resume(fixture.resumption(of: box, epoch: 2)) }
            #expect(resumed?.kind == .agentOffline)
            #expect(fixture.agent.count("open") == 1)
        }
    }

    /// A worker that has just started has heard nobody; a machine that was heard a moment before is not offline for it.
    @Test func aNewWorkerWaitsForAMachineThatOthersHaveHeard() async throws {
        let word = AgentRecollection(silence: .seconds(30), window: .seconds(600))
        let heard: AgentRecollection.Source = { _ in word }
        try await withAgent(firstBeat: .zero, starting: false, recollect: heard) { fixture in
            async let box = fixture.driver.create(fixture.creation())
            try await eventually("it is waited for") {
                fixture.driver.directory.presence(of: fixture.agent.id) == .reconnecting
            }
            try await fixture.agent.start()
            #expect(try await box.isFresh)
        }
        // Who has said that it leaves, or was not heard for its window, is away.
        for word in [nil, AgentRecollection(silence: .seconds(601), window: .seconds(600))] {
            let heard: AgentRecollection.Source = { _ in word }
            try await withAgent(firstBeat: .zero, starting: false, recollect: heard) { fixture in
                let away = await failure { _ = try await fixture.driver.create(fixture.creation()) }
                #expect(away?.kind == .agentOffline)
            }
        }
    }

    /// While the database cannot be asked, one beat is waited for, and it is asked again.
    @Test func aDatabaseThatIsAwayIsAskedAgain() async throws {
        let asked = NIOLockedValueBox(0)
        let recollect: AgentRecollection.Source = { _ in
            let count = asked.withLockedValue { count in
                count += 1
                return count
            }
            if count < 3 { throw FixtureError("away") }
            return AgentRecollection(silence: .zero, window: .seconds(600))
        }
        try await withAgent(firstBeat: .zero, starting: false, recollect: recollect) { fixture in
            for _ in 0..<2 {
                let away = await failure { _ = try await fixture.driver.create(fixture.creation()) }
                #expect(away?.kind == .agentOffline)
            }
            async let box = fixture.driver.create(fixture.creation())
            try await eventually("it is waited for") {
                fixture.driver.directory.presence(of: fixture.agent.id) == .reconnecting
            }
            try await fixture.agent.start()
            #expect(try await box.isFresh)
            #expect(asked.withLockedValue { $0 } == 3)
        }
    }

    @Test func aKilledAgentIsWaitedForAndItsNextRunIsAsked() async throws {
        try await withAgent { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            fixture.agent.machine.withLockedValue { $0.files["/x"] = .init([1, 2, 3]) }
            try await fixture.agent.kill()
            async let info = box.stat("/x")
            // Nobody answers there: it is not asked again before it is heard.
            try await eventually("it is doubted") {
                fixture.driver.directory.presence(of: fixture.agent.id) == .reconnecting
            }
            try await fixture.agent.start()
            #expect(try await info.size == 3)
            // The new run was asked for the keeper first, and it was the same.
            #expect(fixture.agent.count("open") == 1)
            #expect(fixture.agent.count("processes") == 1)
        }
    }

    @Test func aLostAnswerIsAskedForAgainOnTheNextRun() async throws {
        try await withAgent { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            fixture.agent.machine.withLockedValue { machine in
                machine.files["/x"] = .init([1])
                machine.lostAnswers = 1
            }
            async let removed: Void = box.remove("/x", recursive: false)
            try await eventually("it was removed") {
                fixture.agent.machine.withLockedValue { $0.files.isEmpty && $0.lostAnswers == 0 }
            }
            try await fixture.agent.kill()
            try await fixture.agent.start()
            // That it is not there any more is what was asked for.
            try await removed
            #expect(fixture.agent.count("remove") == 2)
            let again = await failure { try await box.remove("/x", recursive: false) }
            #expect(again?.kind == .file(.fileNotFound))
        }
    }

    @Test func anOverloadedMachineIsAskedAgainAfterAPause() async throws {
        try await withAgent { fixture in
            fixture.agent.machine.withLockedValue { machine in
                machine.refusals = [Fault(.overloaded, "busy"), Fault(.overloaded, "busy")]
            }
            let began = ContinuousClock.now
            _ = try await fixture.driver.create(fixture.creation())
            #expect(ContinuousClock.now - began >= .milliseconds(300))
            #expect(fixture.agent.count("open") == 3)
        }
    }

    @Test func aLaterOwnerFencesAnEarlierOne() async throws {
        try await withAgent { fixture in
            let first = try await fixture.driver.create(fixture.creation(epoch: 1))
            let second = try await fixture.driver.resume(fixture.resumption(of: first, epoch: 2))
            #expect(!second.isFresh)
            let refused = await failure { _ = try await first.processes() }
            #expect(refused?.kind == .conflict)
            _ = try await second.processes()
            let stop = await failure { try await fixture.driver.stop(first.envelope, epoch: 1) }
            #expect(stop?.kind == .conflict)
            #expect(fixture.agent.machine.withLockedValue { $0.keeperID } != nil)
        }
    }

    @Test func aRebootClosesTheBoxAndSaysWhy() async throws {
        try await withAgent { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let process = try await box.start(BoxCommand(id: ProcessID.now().rawValue, arguments: ["x"], isDurable: true))
            async let next = failure { _ = try await process.next() }
            try await fixture.agent.kill()
            fixture.agent.reboot()
            try await fixture.agent.start()
            #expect(await next?.kind == .transient)
            await box.waitUntilClosed()
            let again = try await fixture.driver.resume(fixture.resumption(of: box, epoch: 1))
            #expect(again.isFresh)
            #expect(again.lossReason == "machine_rebooted")
            let attached = await failure { _ = try await again.attach(process.externalID, stdout: 0, stderr: 0) }
            #expect(attached?.kind == .processGone)
        }
    }

    /// What was lost, and why, is told although the first answer to the opening got lost with its run.
    @Test func whyABoxWasLostIsToldAgain() async throws {
        try await withAgent { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            fixture.agent.reboot()
            fixture.agent.machine.withLockedValue { $0.lostAnswers = 1 }
            async let again = fixture.driver.resume(fixture.resumption(of: box, epoch: 2))
            try await eventually("it was opened, and nobody heard of it") {
                fixture.agent.machine.withLockedValue { $0.keeperID != nil && $0.lostAnswers == 0 }
            }
            try await fixture.agent.kill()
            try await fixture.agent.start()
            #expect(try await again.isFresh)
            #expect(try await again.lossReason == "machine_rebooted")
            #expect(fixture.agent.count("open") == 3)
        }
    }

    @Test func deletingForgetsAndAnotherAttemptsRowTouchesNothing() async throws {
        try await withAgent { fixture in
            fixture.agent.machine.withLockedValue { $0.files["/x"] = .init([1]) }
            let box = try await fixture.driver.create(fixture.creation())
            var other = box.envelope
            other.sessionState.providerState["boxId"] = BoxID.now().rawValue
            try await fixture.driver.delete(other, epoch: 1)
            #expect(fixture.agent.count("close") == 0)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(fixture.agent.machine.withLockedValue { $0.keeperID == nil && $0.files.count == 1 })
        }
    }
}
