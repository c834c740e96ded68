import Foundation
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct PublishSubscribeTests {
    @Test func `a message arrives with its headers and bytes`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let messages = try connection.messages(subject: "a.*", delivery: .lossless)
            let bytes = (0..<262_144).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var headers: NATSHeaders = ["X-Trace": "1", "x-trace": "lower"]
            headers.add("X-Trace", "2: with colon")
            try connection.publish(subject: "a.b", reply: "c", headers: headers, payload: ByteBuffer(bytes: bytes))
            try connection.publish(subject: "a.c")

            var iterator = messages.makeAsyncIterator()
            let first = try #require(await iterator.next())
            #expect(first.subject == "a.b")
            #expect(first.reply == "c")
            #expect(first.headers.values("X-Trace") == ["1", "2: with colon"])
            #expect(first.headers["x-trace"] == "lower")
            #expect(first.payload == ByteBuffer(bytes: bytes))
            let second = try #require(await iterator.next())
            #expect(second.subject == "a.c" && second.reply == nil && second.payload.readableBytes == 0)
            await connection.close()
        }
    }

    @Test func `what would break out of the protocol is refused`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            #expect(await code { try connection.publish(subject: "a b") } == .invalidSubject)
            #expect(await code { try connection.publish(subject: "a\r\nPUB b 0") } == .invalidSubject)
            #expect(await code { try connection.publish(subject: "a", headers: ["A": "b\r\nC: d"]) } == .invalidHeader)
            #expect(await code { try connection.publish(subject: "a", headers: ["A:": "b"]) } == .invalidHeader)
            #expect(await code { _ = try connection.subscribe(subject: "") { _ in } } == .invalidSubject)
            let tooLarge = ByteBuffer(repeating: 0, count: connection.serverInfo.maximumPayload)
            #expect(
                await code { try connection.publish(subject: "a", headers: ["A": "b"], payload: tooLarge) }
                    == .payloadTooLarge
            )
            try await connection.flush()
            #expect(connection.state == .connected)
            await connection.close()
        }
    }

    @Test func `members of a queue group share the messages`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let first = try connection.messages(subject: "work", queue: "q", delivery: .lossless)
            let second = try connection.messages(subject: "work", queue: "q", delivery: .lossless)
            let observer = try connection.messages(subject: "work", delivery: .lossless)
            for number in 0..<200 { try connection.publish(subject: "work", payload: ByteBuffer(string: "\(number)")) }
            try await connection.flush()
            await first.drain()
            await second.drain()
            await observer.drain()
            #expect(observer.pendingCount == 200)
            #expect(first.pendingCount + second.pendingCount == 200)
            #expect(first.pendingCount > 0 && second.pendingCount > 0)
            await connection.close()
        }
    }

    @Test func `latest keeps the newest and counts the rest, lossless keeps all`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let latest = try connection.messages(subject: "x", delivery: .latest(3))
            let all = try connection.messages(subject: "x", delivery: .lossless)
            for number in 0..<100 { try connection.publish(subject: "x", payload: ByteBuffer(string: "\(number)")) }
            try await connection.flush()
            await all.drain()
            await latest.drain()
            #expect(all.pendingCount == 100 && all.droppedCount == 0)
            #expect(latest.droppedCount == 97)
            var kept: [String] = []
            for await message in latest { kept.append(String(buffer: message.payload)) }
            #expect(kept == ["97", "98", "99"])
            await connection.close()
        }
    }

    @Test func `a handler with latest skips what is outdated`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let seen = NIOLockedValueBox<[String]>([])
            let gate = DispatchSemaphore(value: 0)
            let (entered, enter) = AsyncStream.makeStream(of: Void.self)
            let subscription = try connection.subscribe(subject: "x", delivery: .latest(2)) { message in
                seen.withLockedValue { $0.append(String(buffer: message.payload)) }
                // Holds the library's thread until all have arrived, which a real handler must not do.
                if message.payload.readableBytes == 1 {
                    enter.yield()
                    gate.wait()
                }
            }
            try connection.publish(subject: "x", payload: ByteBuffer(string: "0"))
            for await _ in entered { break }
            for number in 10..<20 { try connection.publish(subject: "x", payload: ByteBuffer(string: "\(number)")) }
            try await connection.flush()
            gate.signal()
            await subscription.drain()
            #expect(seen.withLockedValue { $0 } == ["0", "18", "19"])
            #expect(subscription.droppedCount == 8)
            await connection.close()
        }
    }

    @Test func `exceeded pending limits are told and counted`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect { $0.pendingLimits.messages = 10 }
            var events = connection.events.makeAsyncIterator()
            let gate = DispatchSemaphore(value: 0)
            let subscription = try connection.subscribe(subject: "slow", delivery: .latest(1_000)) { _ in gate.wait() }
            for _ in 0..<50 { try connection.publish(subject: "slow") }
            guard case .slowConsumer(let subject) = await events.next() else { throw Unexpected() }
            #expect(subject == "slow")
            #expect(connection.slowConsumerCount >= 1)
            for _ in 0..<50 { gate.signal() }
            await subscription.drain()
            await connection.close()
        }
    }

    @Test func `a released or ended subscription hears nothing more`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            var released: NATSMessages? = try connection.messages(subject: "probe", delivery: .lossless)
            let ended = try connection.messages(subject: "probe", delivery: .lossless)
            #expect(released?.pendingCount == 0)
            released = nil
            ended.unsubscribe()
            #expect(
                await code { _ = try await connection.request(subject: "probe", timeout: .seconds(5)) } == .noResponders
            )
            for await _ in ended { Issue.record("a message after the end") }
            await connection.close()
        }
    }

    @Test func `ten thousand subscriptions need no thread each`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let received = NIOLockedValueBox(0)
            let subscriptions = try (0..<10_000)
                .map { number in
                    try connection.subscribe(subject: "s.\(number)") { _ in received.withLockedValue { $0 += 1 } }
                }
            for number in 0..<10_000 { try connection.publish(subject: "s.\(number)") }
            try await connection.flush()
            #expect(try await server.threadCount() < 60)
            for subscription in subscriptions.suffix(10) { await subscription.drain() }
            await connection.drain()
            #expect(received.withLockedValue { $0 } == 10_000)
        }
    }

    @Test func `drain delivers what has arrived and then closes`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let messages = try connection.messages(subject: "d", delivery: .lossless)
            for _ in 0..<1_000 { try connection.publish(subject: "d") }
            await connection.drain()
            #expect(connection.state == .closed)
            #expect(connection.connectedSince == nil)
            var count = 0
            for await _ in messages { count += 1 }
            #expect(count == 1_000)
            #expect(await code { try connection.publish(subject: "d") } == .closed)
        }
    }

    @Test func `a refused publish or subscription is told`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect(as: "limited") { $0.inboxPrefix = "_INBOX.limited" }
            var events = connection.events.makeAsyncIterator()
            try connection.publish(subject: "allowed.x")
            try connection.publish(subject: "forbidden.x")
            guard case .permissionViolation(let publish) = await events.next() else { throw Unexpected() }
            #expect(publish.operation == .publish && publish.subject == "forbidden.x")
            let subscription = try connection.subscribe(subject: "secret.>") { _ in }
            guard case .permissionViolation(let subscribe) = await events.next() else { throw Unexpected() }
            #expect(subscribe.operation == .subscribe && subscribe.subject == "secret.>")
            subscription.unsubscribe()

            let start = ContinuousClock.now
            #expect(
                await code { _ = try await connection.request(subject: "forbidden.y", timeout: .seconds(30)) }
                    == .permissionViolation
            )
            #expect(start.duration(to: .now) < .seconds(10))
            await connection.close()
        }
    }

    @Test func `wrong credentials and an absent server are told apart`() async throws {
        try await NATSServer.with { server in
            #expect(await code { _ = try await server.connect(as: "nobody") } == .authenticationFailed)
            await server.kill()
            #expect(await code { _ = try await server.connect() } == .connectFailed)
        }
    }
}

private struct Unexpected: Error {}
