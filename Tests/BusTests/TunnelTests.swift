import Bus
import FleetTesting
import Model
import NIOCore
import ServiceHost
import Testing

struct TunnelTests {
    @Test func bytesArriveWholeThroughASlowReader() async throws {
        try await withBus { nats in
            let gateway = try await nats.connect(as: .gateway)
            let worker = try await nats.connect(as: .worker)
            let workspace = WorkspaceID.now()
            let near = try await BusClient(bus: gateway).openTunnel(workspace: workspace)
            let far = try Tunnel.accept(worker, id: near.id, workspace: workspace)
            let pieces = (0..<300)
                .map { index in
                    ByteBuffer(repeating: UInt8(truncatingIfNeeded: index), count: 4001 * (index + 1) % 700_001)
                }
            var expected = [ByteBuffer](repeating: ByteBuffer(), count: 3)
            for (index, piece) in pieces.enumerated() { expected[index % 3].writeImmutableBuffer(piece) }
            async let sent: Void = {
                for (index, piece) in pieces.enumerated() { try await near.send(piece, channel: UInt8(index % 3)) }
                try await near.finish()
            }()
            var received = [ByteBuffer](repeating: ByteBuffer(), count: 3)
            while let (channel, bytes) = try await far.next() {
                received[Int(channel)].writeImmutableBuffer(bytes)
                await Task.yield()
            }
            try await sent
            #expect(expected.map(\.readableBytes).reduce(0, +) > 10 * Tunnel.window)
            #expect(received == expected)
            near.close()
            far.close()
        }
    }

    @Test func bothDirectionsAtOnce() async throws {
        try await withBus { nats in
            let workspace = WorkspaceID.now()
            let near = try await BusClient(bus: nats.connect(as: .gateway)).openTunnel(workspace: workspace)
            let far = try Tunnel.accept(try await nats.connect(as: .worker), id: near.id, workspace: workspace)
            let chunk = ByteBuffer(repeating: 1, count: 100_000)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for end in [near, far] {
                    group.addTask {
                        for _ in 0..<200 { try await end.send(chunk) }
                        try await end.finish()
                        return 0
                    }
                    group.addTask {
                        var count = 0
                        while let (_, bytes) = try await end.next() { count += bytes.readableBytes }
                        return count
                    }
                }
                let counts = try await group.reduce(into: [Int]()) { $0.append($1) }
                #expect(counts.sorted() == [0, 0, 20_000_000, 20_000_000])
            }
        }
    }

    @Test func aResetReachesReaderAndWriter() async throws {
        try await withBus { nats in
            let workspace = WorkspaceID.now()
            let near = try await BusClient(bus: nats.connect(as: .gateway)).openTunnel(workspace: workspace)
            let far = try Tunnel.accept(try await nats.connect(as: .worker), id: near.id, workspace: workspace)
            let writing = Task {
                // More than the credit: it waits for a reader that never reads.
                try await near.send(ByteBuffer(repeating: 0, count: 2 * Tunnel.window))
            }
            let reading = Task { _ = try await near.next() }
            far.reset(Fault(.diskFull, "no room"))
            await #expect(throws: Fault(.diskFull, "no room")) { try await writing.value }
            await #expect(throws: Fault(.diskFull, "no room")) { try await reading.value }
        }
    }

    @Test func aCancelledReaderWakes() async throws {
        try await withBus { nats in
            let near = try await BusClient(bus: nats.connect(as: .gateway)).openTunnel(workspace: .now())
            let reading = Task { _ = try await near.next() }
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
        }
    }
}
