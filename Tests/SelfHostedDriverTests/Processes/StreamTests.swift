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

/// A program's output through everything that can break between it and its owner.
struct StreamTests {
    private static func bytes(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: 7)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test func theStreamGoesOnByteForByte() async throws {
        try await withAgent { fixture in
            let agent = fixture.agent
            let box = try await fixture.driver.create(fixture.creation())
            let id = ProcessID.now().rawValue
            let process = try await box.start(BoxCommand(id: id, arguments: ["x"], isDurable: true))
            #expect(process.externalID == "pid-\(id)")
            let expected = Self.bytes(3_000_000)
            async let outcome = follow(process, pause: .milliseconds(3))
            for (index, start) in stride(from: 0, to: expected.count, by: 250_000).enumerated() {
                agent.emit(Array(expected[start..<start + 250_000]), from: id)
                try await eventually("it is stored that far") {
                    agent.machine.withLockedValue { ($0.processes[id]?.stored.stdout ?? 0) >= UInt64(start) }
                }
                switch index {
                case 2:
                    // The agent is killed and starts again; the program goes on.
                    try await agent.kill()
                    try await agent.start()
                case 4:
                    agent.machine.withLockedValue { $0.lostAnswers = 1 }
                    agent.emit([], from: id)
                    try await eventually("an answer was lost") {
                        agent.machine.withLockedValue { $0.lostAnswers == 0 }
                    }
                    try await agent.kill()
                    try await agent.start()
                case 6:
                    await fixture.nats.runner.kill()
                    try await fixture.nats.runner.start()
                    try await eventually("the agent is connected") { agent.bus.isConnected }
                    try agent.beat()
                default: break
                }
            }
            agent.end(id, code: 3)
            let (stdout, exit) = try await outcome
            #expect(stdout == expected)
            #expect(exit == ProcessExit(code: 3, signal: nil))
            #expect(try await process.next() == nil)
            process.release()
            try await eventually("it is forgotten") { agent.machine.withLockedValue { $0.processes.isEmpty } }
        }
    }

    /// What the owner has not stored may not be forgotten, and the next owner gets it.
    @Test func onlyWhatIsStoredIsAcknowledged() async throws {
        try await withAgent { fixture in
            let agent = fixture.agent
            let box = try await fixture.driver.create(fixture.creation())
            let id = ProcessID.now().rawValue
            let process = try await box.start(BoxCommand(id: id, arguments: ["x"], isDurable: true))
            agent.emit(Self.bytes(1000), from: id)
            guard case .stdout(let bytes, 0) = try await process.next() else {
                Issue.record("There was no output.")
                return
            }
            #expect(bytes.readableBytes == 1000)
            // Stored only in part; the owner dies with the rest.
            process.acknowledge(stdout: 400, stderr: 0)
            agent.emit(Self.bytes(10), isStderr: true, from: id)
            guard case .stderr(_, 0) = try await process.next() else {
                Issue.record("There was no error output.")
                return
            }
            #expect(agent.machine.withLockedValue { $0.processes[id]?.stored.stdout } == 400)
            await box.detach()
            let next = try await fixture.driver.resume(fixture.resumption(of: box, epoch: 2))
            let taken = try await next.attach(id, stdout: 400, stderr: 0)
            guard case .stdout(let rest, 400) = try await taken.next() else {
                Issue.record("The rest is missing.")
                return
            }
            #expect(Array(buffer: rest) == Array(Self.bytes(1000)[400...]))
        }
    }

    /// What is counted only is never stored; its end comes all the same.
    @Test func anOwnerThatStoresLittleStillSeesTheEnd() async throws {
        try await withAgent { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let id = ProcessID.now().rawValue
            let process = try await box.start(BoxCommand(id: id, arguments: ["x"], isDurable: true))
            fixture.agent.emit(Self.bytes(100), from: id)
            guard case .stdout = try await process.next() else {
                Issue.record("There was no output.")
                return
            }
            fixture.agent.emit(Self.bytes(100), from: id)
            fixture.agent.end(id, code: 0)
            guard case .stdout(_, 100) = try await process.next() else {
                Issue.record("The rest is missing.")
                return
            }
            guard case .exited(let exit) = try await process.next() else {
                Issue.record("The end is missing.")
                return
            }
            #expect(exit.code == 0)
            #expect(fixture.agent.machine.withLockedValue { $0.processes[id]?.stored.stdout } == 0)
        }
    }

    @Test func inputIsReadOnceHoweverOftenItIsSent() async throws {
        try await withAgent { fixture in
            let agent = fixture.agent
            let box = try await fixture.driver.create(fixture.creation())
            let id = ProcessID.now().rawValue
            let input = Self.bytes(400_000)
            let first = ByteBuffer(bytes: input[..<1000])
            let command = BoxCommand(id: id, arguments: ["x"], stdin: .open(first), isDurable: true)
            let process = try await box.start(command)
            agent.machine.withLockedValue { $0.lostAnswers = 1 }
            async let written: Void = process.write(ByteBuffer(bytes: input[1000...]))
            try await eventually("an answer was lost") { agent.machine.withLockedValue { $0.lostAnswers == 0 } }
            try await agent.kill()
            try await agent.start()
            try await written
            try await process.closeInput()
            #expect(agent.machine.withLockedValue { Array($0.processes[id]?.input ?? .init()) } == input)
            let gap = await failure {
                _ = try await process.append(ByteBuffer(string: "x"), at: 500_000, end: false, within: .zero)
            }
            #expect(gap?.kind == .invalid)
        }
    }
}
