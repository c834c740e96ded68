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

/// Files that are larger than one message, several requests at a time.
struct FileTests {
    private static func content(_ count: Int) -> Data {
        var generator = SeededGenerator(seed: 11)
        return Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    @Test(arguments: [0, 1, 262_144, 3_000_001])
    func aFileGoesThereAndBack(size: Int) async throws {
        try await withAgent { fixture in
            // Answers come in any order.
            fixture.agent.machine.withLockedValue { $0.longestDelay = 5 }
            let content = Self.content(size)
            let box = try await fixture.driver.create(fixture.creation())
            let writer = try await box.write("/x", mode: 0o600)
            var rest = ByteBuffer(bytes: content)
            while let part = rest.readSlice(length: min(rest.readableBytes, 100_000)), part.readableBytes > 0 {
                try await writer.write(part)
            }
            #expect(fixture.agent.machine.withLockedValue { $0.files["/x"] } == nil)
            #expect(try await writer.commit().size == UInt64(size))
            #expect(fixture.agent.machine.withLockedValue { $0.files["/x"] } == content)
            let reader = try await box.read("/x")
            #expect(reader.info.size == UInt64(size))
            var read = Data()
            while let bytes = try await reader.next(limit: 70_000) { read.append(contentsOf: bytes.readableBytesView) }
            #expect(read == content)
            await reader.close()
        }
    }

    @Test func aReadOutlivesTheAgentAndAWriteDoesNotPretendTo() async throws {
        try await withAgent { fixture in
            let content = Self.content(3_000_000)
            fixture.agent.machine.withLockedValue { $0.files["/x"] = content }
            let box = try await fixture.driver.create(fixture.creation())
            let reader = try await box.read("/x")
            let writer = try await box.write("/y", mode: nil)
            var read = Data()
            if let bytes = try await reader.next(limit: 262_144) { read.append(contentsOf: bytes.readableBytesView) }
            try await fixture.agent.kill()
            try await fixture.agent.start()
            while let bytes = try await reader.next(limit: 262_144) { read.append(contentsOf: bytes.readableBytesView) }
            #expect(read == content)
            let lost = await failure {
                try await writer.write(ByteBuffer(string: "x"))
                _ = try await writer.commit()
            }
            #expect(lost?.kind == .transient)
            #expect(fixture.agent.machine.withLockedValue { $0.files["/y"] } == nil)
        }
    }
}
