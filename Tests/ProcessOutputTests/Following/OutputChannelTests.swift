import NIOCore
import Testing

@testable import ProcessOutput

struct OutputChannelTests {
    private let channel = OutputChannel(subject: "s", streamStart: 10)

    private func batch(_ sequence: UInt64, at streamSequence: UInt64, length: Int = 10) -> StoredBatch {
        let chunk = Chunk(sequence: sequence, type: .metadata, at: 0, offset: 0, payload: ByteBuffer(repeating: 0, count: length))
        return StoredBatch(
            batch: ChunkBatch(chunks: [chunk], position: OutputPosition(sequence: sequence)),
            streamSequence: streamSequence
        )
    }

    /// What is offered without waiting.
    private func offered(_ sequence: UInt64, after: UInt64 = 9) async -> String {
        switch await channel.take(sequence, after: after, for: 1, until: .now) {
        case .batch(let stored): "\(stored.batch.lastSequence)"
        case .elsewhere: "elsewhere"
        case .nothing: "nothing"
        }
    }

    @Test func theRingGivesWhatItHolds() async {
        #expect(await offered(4) == "nothing")
        // This follower has not seen what the consumer will not bring.
        #expect(await offered(4, after: 8) == "elsewhere")
        for number in 4...9 { channel.add(batch(UInt64(number), at: UInt64(number + 10)), limit: 1 << 20) }
        #expect(await offered(3) == "elsewhere")
        for number in 4...9 { #expect(await offered(UInt64(number)) == "\(number)") }
        #expect(await offered(10) == "nothing")
        // What came before comes again after a reconnect.
        channel.add(batch(9, at: 19), limit: 1 << 20)
        #expect(await offered(9) == "9")
        #expect(await offered(10) == "nothing")
    }

    @Test func whoWaitsBeyondTheEndIsToldOfIt() async {
        async let waiting = channel.take(900, after: 9, for: 1, until: .now + .seconds(600))
        var last = batch(1, at: 10)
        last.batch.position.hasEnded = true
        channel.add(last, limit: 1 << 20)
        guard case .batch(let stored) = await waiting else { return #expect(Bool(false), "no batch") }
        #expect(stored == last)
    }

    @Test func theOldestGivesWay() async {
        for number in 1...100 { channel.add(batch(UInt64(number), at: UInt64(number + 9), length: 1_000), limit: 20_000) }
        #expect(await offered(1) == "elsewhere")
        #expect(await offered(50) == "elsewhere")
        #expect(await offered(99) == "99")
        #expect(await offered(100) == "100")
        // However small the limit, the newest stays.
        channel.add(batch(101, at: 110, length: 200_000), limit: 20_000)
        #expect(await offered(101) == "101")
        #expect(await offered(100) == "elsewhere")
    }

    @Test func aHoleIsNotSpannedByTheRing() async {
        channel.add(batch(1, at: 10), limit: 1 << 20)
        channel.add(batch(5, at: 14), limit: 1 << 20)
        #expect(await offered(2) == "elsewhere")
        #expect(await offered(1) == "elsewhere")
        #expect(await offered(5) == "5")
    }

    @Test func whoWaitsIsWoken() async {
        async let early = channel.take(1, after: 9, for: 1, until: .now + .seconds(60))
        async let later = channel.take(2, after: 9, for: 2, until: .now + .seconds(60))
        channel.add(batch(1, at: 10), limit: 1 << 20)
        guard case .batch(let first) = await early else { return #expect(Bool(false), "no batch") }
        #expect(first.batch.lastSequence == 1)
        channel.add(batch(2, at: 11), limit: 1 << 20)
        guard case .batch(let second) = await later else { return #expect(Bool(false), "no batch") }
        #expect(second.batch.lastSequence == 2)
    }

    @Test func waitsEndByTimeCancellationAndRetirement() async {
        let waits = (0..<3)
            .map { id in
                let deadline = ContinuousClock.now + .seconds(id == 0 ? 1 : 600)
                return Task { [channel] in await channel.take(1, after: 9, for: id, until: deadline) }
            }
        // Before they wait, or while they do: both have to end.
        let expiring = Task { [channel] in
            while !Task.isCancelled {
                channel.expire(at: .now + .seconds(100))
                await Task.yield()
            }
        }
        if case .nothing = await waits[0].value {} else { Issue.record("not expired") }
        expiring.cancel()
        waits[1].cancel()
        if case .nothing = await waits[1].value {} else { Issue.record("not cancelled") }
        channel.retire()
        if case .elsewhere = await waits[2].value {} else { Issue.record("not retired") }
        #expect(await offered(1) == "elsewhere")
        await channel.retired()
    }
}
