import Foundation
import NATSClient
import NIOCore
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct RequestTests {
    /// An address that promises encryption is believed by nobody who could be lied to.
    @Test func `a server that does not encrypt is refused where the address says that it does`() async throws {
        try await NATSServer.with { server in
            let refused = await code {
                let connection = try await server.connect { options in
                    options.urls = options.urls.map { $0.replacing("nats://", with: "tls://") }
                }
                await connection.close()
            }
            #expect(refused == .connectFailed)
        }
    }

    @Test func `a request is answered`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect { $0.inboxPrefix = "_INBOX.gateway.x" }
            let echo = try connection.echo("echo")
            let reply = try await connection.request(
                subject: "echo",
                headers: ["A": "b"],
                payload: ByteBuffer(string: "hello"),
                timeout: .seconds(5)
            )
            #expect(reply.payload == ByteBuffer(string: "hello"))
            #expect(reply.headers["A"] == "b")
            #expect(reply.subject.hasPrefix("_INBOX.gateway.x."))
            #expect(connection.pendingRequestCount == 0)
            echo.unsubscribe()
            await connection.close()
        }
    }

    @Test func `nobody there and nobody answering are told apart`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let silent = try connection.subscribe(subject: "silent") { _ in }
            #expect(
                await code { _ = try await connection.request(subject: "nobody", timeout: .seconds(20)) }
                    == .noResponders
            )
            let start = ContinuousClock.now
            #expect(
                await code { _ = try await connection.request(subject: "silent", timeout: .milliseconds(80)) }
                    == .timeout
            )
            #expect(start.duration(to: .now) >= .milliseconds(79))
            #expect(connection.pendingRequestCount == 0)
            silent.unsubscribe()
            await connection.close()
        }
    }

    @Test func `deadlines fire in their own order`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let silent = try connection.subscribe(subject: "silent") { _ in }
            let order = await withTaskGroup(of: Int.self, returning: [Int].self) { group in
                for milliseconds in [400, 100, 300, 200] {
                    group.addTask {
                        let timeout = Duration.milliseconds(milliseconds)
                        _ = try? await connection.request(subject: "silent", timeout: timeout)
                        return milliseconds
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(order == [100, 200, 300, 400])
            silent.unsubscribe()
            await connection.close()
        }
    }

    @Test func `cancellation ends a request and leaves no entry`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let arrived = try connection.messages(subject: "silent", delivery: .lossless)
            let task = Task { try await connection.request(subject: "silent", timeout: .seconds(50)) }
            var iterator = arrived.makeAsyncIterator()
            let request = try #require(await iterator.next())
            #expect(connection.pendingRequestCount == 1)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(connection.pendingRequestCount == 0)
            // The late answer finds nobody and harms nobody.
            try connection.publish(subject: try #require(request.reply))

            let cancelledBefore = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await connection.request(subject: "silent", timeout: .seconds(50))
            }
            await #expect(throws: CancellationError.self) { try await cancelledBefore.value }
            #expect(connection.pendingRequestCount == 0)
            await connection.close()
        }
    }

    @Test func `two thousand requests at once are all answered`() async throws {
        try await NATSServer.with { server in
            let client = try await server.connect()
            let responder = try await server.connect()
            let echo = try responder.echo("echo")
            try await responder.flush()
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2_000 {
                    group.addTask {
                        let payload = ByteBuffer(string: "\(number)")
                        return try await client.request(subject: "echo", payload: payload, timeout: .seconds(20))
                            .payload
                            == payload
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(answers == 2_000)
            #expect(client.pendingRequestCount == 0)
            echo.unsubscribe()
            await client.close()
            await responder.close()
        }
    }

    @Test func `a server that stops reading blocks no task`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let echo = try connection.echo("echo")
            try await connection.flush()
            try await server.freeze()
            let payload = ByteBuffer(repeating: 7, count: 100_000)
            let answers = try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
                // Far more than the socket's buffers take, and more tasks than there are threads.
                for _ in 0..<300 {
                    group.addTask {
                        try await connection.request(subject: "echo", payload: payload, timeout: .seconds(30)).payload
                    }
                }
                while connection.pendingRequestCount < 300 { try await Task.sleep(for: .milliseconds(5)) }
                await server.thaw()
                return try await group.reduce(into: 0) { count, answer in count += answer == payload ? 1 : 0 }
            }
            #expect(answers == 300)
            #expect(connection.pendingRequestCount == 0)
            echo.unsubscribe()
            await connection.close()
        }
    }

    @Test func `a round trip proves that the server knows a subscription, and fails with its connection`() async throws {
        try await NATSServer.with { server in
            let (responder, client) = (try await server.connect(), try await server.connect())
            let echo = try responder.echo("echo")
            try await responder.roundTrip(timeout: .seconds(50))
            _ = try await client.request(subject: "echo", timeout: .seconds(50))
            try await server.freeze()
            async let interrupted = code { try await responder.roundTrip(timeout: .seconds(50)) }
            while responder.pendingRequestCount == 0 { try await Task.sleep(for: .milliseconds(1)) }
            await server.kill()
            #expect(await interrupted == .interrupted)
            echo.unsubscribe()
            await client.close()
            await responder.close()
        }
    }

    @Test func `close fails what is in flight`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let arrived = try connection.messages(subject: "silent", delivery: .lossless)
            async let outcome = code { _ = try await connection.request(subject: "silent", timeout: .seconds(50)) }
            var iterator = arrived.makeAsyncIterator()
            _ = await iterator.next()
            await connection.close()
            #expect(await outcome == .closed)
            #expect(await code { _ = try await connection.request(subject: "silent", timeout: .seconds(1)) } == .closed)
            #expect(await iterator.next() == nil)
        }
    }

    @Test func `subscriptions outlive a restart, requests in the gap are refused`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let echo = try connection.echo("echo")
            let before = try #require(connection.connectedSince)
            _ = try await connection.request(subject: "echo", timeout: .seconds(5))

            var states = connection.stateChanges.makeAsyncIterator()
            #expect(await states.next() == .connected)
            let silent = try connection.messages(subject: "silent", delivery: .lossless)
            async let interrupted = code {
                _ = try await connection.request(subject: "silent", timeout: .seconds(50), endsWithConnection: true)
            }
            async let patient = code { _ = try await connection.request(subject: "silent", timeout: .seconds(50)) }
            var arrivals = silent.makeAsyncIterator()
            for _ in 0..<2 { _ = await arrivals.next() }
            await server.kill()
            #expect(await states.next() == .disconnected)
            #expect(await interrupted == .interrupted)
            #expect(connection.pendingRequestCount == 1)
            #expect(connection.connectedSince == nil)
            #expect(
                await code { _ = try await connection.request(subject: "echo", timeout: .seconds(5)) } == .disconnected
            )
            #expect(await code { try connection.publish(subject: "echo") } == .disconnected)
            #expect(await code { try await connection.flush() } == .disconnected)
            #expect(connection.pendingRequestCount == 1)

            try await server.start()
            #expect(await states.next() == .connected)
            #expect(try #require(connection.connectedSince) > before)
            _ = try await connection.request(subject: "echo", timeout: .seconds(5))
            echo.unsubscribe()
            await connection.close()
            #expect(await patient == .closed)
            #expect(await states.next() == .closed)
            #expect(await states.next() == nil)
        }
    }
}

extension NATSConnection {
    fileprivate func echo(_ subject: String) throws -> NATSSubscription {
        try subscribe(subject: subject) { [weak self] message in
            guard let reply = message.reply else { return }
            try? self?.publish(subject: reply, headers: message.headers, payload: message.payload)
        }
    }
}
