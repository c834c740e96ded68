import NIOCore
import Testing

@testable import NATSClient

@Suite(.serialized, .timeLimit(.minutes(2)))
struct JetStreamTests {
    @Test func `a stream is created, changed, described and deleted`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            var configuration = StreamConfiguration(name: "S", subjects: ["s.>"])
            configuration.discard = .new
            // More than half of the storage that the server has.
            configuration.maximumBytes = 200 << 20
            configuration.maximumAge = .seconds(3_600)
            try await jetStream.createOrUpdateStream(configuration)
            try await jetStream.createOrUpdateStream(configuration)
            configuration.maximumBytes = 220 << 20
            try await jetStream.createOrUpdateStream(configuration)
            let info = try await jetStream.streamInfo("S")
            #expect(info.config.maximumBytes == 220 << 20)
            #expect(info.config.discard == .new && info.config.allowsDirectRead)
            #expect(info.config.maximumAge == .seconds(3_600))
            #expect(info.state.messages == 0)
            try await jetStream.deleteStream("S")
            #expect(await code { _ = try await jetStream.streamInfo("S") } == .jetStream(.streamNotFound))
            #expect(
                await code { _ = try await jetStream.publish(subject: "s.a", payload: ByteBuffer()) } == .noResponders
            )
            await connection.close()
        }
    }

    @Test func `an append is accepted only at the expected tail`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            try await jetStream.createOrUpdateStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
            let first = try await jetStream.publish(
                subject: "s.a",
                payload: ByteBuffer(string: "1"),
                expectedLastSubjectSequence: 0
            )
            _ = try await jetStream.publish(subject: "s.b", payload: ByteBuffer(string: "other"))
            #expect(
                await code {
                    _ = try await jetStream.publish(
                        subject: "s.a",
                        payload: ByteBuffer(string: "x"),
                        expectedLastSubjectSequence: 0
                    )
                }
                    == .jetStream(.wrongLastSequence)
            )
            let second = try await jetStream.publish(
                subject: "s.a",
                payload: ByteBuffer(string: "2"),
                expectedLastSubjectSequence: first.sequence,
                messageID: "id"
            )
            #expect(second.sequence == 3 && second.stream == "S" && !second.isDuplicate)
            // The server's own words take the short way.
            let words = try await connection.request(
                subject: "s.c",
                payload: ByteBuffer(string: "3"),
                timeout: .seconds(30)
            )
            #expect(PubAck(plain: words.payload) == PubAck(stream: "S", sequence: 4, isDuplicate: false))
            let again = try await jetStream.publish(subject: "s.a", payload: ByteBuffer(string: "2"), messageID: "id")
            #expect(again.isDuplicate && again.sequence == second.sequence)
            await connection.close()
        }
    }

    @Test func `an acknowledgement is read as JSON would read it`() {
        let plain = PubAck(plain: ByteBuffer(string: #"{"stream":"OUTPUT","seq":1234567}"#))
        #expect(plain == PubAck(stream: "OUTPUT", sequence: 1_234_567, isDuplicate: false))
        #expect(PubAck(plain: ByteBuffer(string: #"{"stream":"OUTPUT", "seq":1234567}"#)) == plain)
        for other in [
            "", "{", #"{"stream":"S","seq":}"#, #"{"stream":"S","seq":1"#, #"{"stream":"S","seq":1,"duplicate":true}"#,
            #"{"error":{"code":503},"stream":"S","seq":0}"#, #"{"stream":"S","seq":-1}"#, #"{"stream":"S","domain":"d","seq":1}"#,
            #"{"stream":"S","seq":99999999999999999999}"#,
        ] {
            #expect(PubAck(plain: ByteBuffer(string: other)) == nil)
        }
    }

    @Test func `a full stream refuses with its own code`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            var configuration = StreamConfiguration(name: "S", subjects: ["s"])
            configuration.discard = .new
            configuration.maximumBytes = 1_000
            try await jetStream.createOrUpdateStream(configuration)
            let payload = ByteBuffer(repeating: 1, count: 800)
            _ = try await jetStream.publish(subject: "s", payload: payload)
            #expect(
                await code { _ = try await jetStream.publish(subject: "s", payload: payload) }
                    == .jetStream(.storeFailed)
            )
            await connection.close()
        }
    }

    @Test(arguments: [JetStream.ReadPath.leader, .direct])
    func `messages are read by sequence and subject`(path: JetStream.ReadPath) async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            try await jetStream.createOrUpdateStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
            let binary = ByteBuffer(bytes: (0...255).map { UInt8($0) })
            for number in 1...6 {
                let subject = number.isMultiple(of: 2) ? "s.even" : "s.odd"
                _ = try await jetStream.publish(subject: subject, headers: ["N": "\(number)"], payload: binary)
            }
            let last = try #require(try await jetStream.lastMessage(stream: "S", subject: "s.odd", via: path))
            #expect(last.sequence == 5 && last.subject == "s.odd" && last.stream == "S")
            #expect(last.headers == ["N": "5"] && last.payload == binary)
            #expect(try await jetStream.message(stream: "S", sequence: 2, via: path)?.headers["N"] == "2")
            #expect(try await jetStream.message(stream: "S", sequence: 99, via: path) == nil)
            #expect(try await jetStream.lastMessage(stream: "S", subject: "s.none", via: path) == nil)

            var sequences: [UInt64] = []
            var next: UInt64 = 0
            while let message = try await jetStream.nextMessage(stream: "S", subject: "s.even", from: next, via: path) {
                sequences.append(message.sequence)
                next = message.sequence + 1
            }
            #expect(sequences == [2, 4, 6])
            await connection.close()
        }
    }

    @Test func `an ordered consumer misses and repeats nothing over a restart`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            try await jetStream.createOrUpdateStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
            let publish = { @Sendable (numbers: Range<Int>) in
                for number in numbers {
                    _ = try await jetStream.publish(subject: "s.a", payload: ByteBuffer(string: "\(number)"))
                    if number.isMultiple(of: 10) {
                        _ = try await jetStream.publish(subject: "s.b", payload: ByteBuffer(string: "other"))
                    }
                }
            }
            try await publish(0..<400)
            var seen: [String] = []
            for try await message in jetStream.orderedConsumer(stream: "S", subject: "s.a") {
                seen.append(String(buffer: message.payload))
                switch seen.count {
                case 200:
                    await server.kill()
                    try await server.start()
                    for await state in connection.stateChanges where state == .connected { break }
                    try await publish(400..<700)
                case 700:
                    // Live now: what follows arrives without anything being stored ahead.
                    try await publish(700..<1_000)
                default:
                    break
                }
                if seen.count == 1_000 { break }
            }
            #expect(seen == (0..<1_000).map { "\($0)" })
            await connection.close()
        }
    }

    @Test func `an ordered consumer starts in the middle and ends with its task`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            try await jetStream.createOrUpdateStream(StreamConfiguration(name: "S", subjects: ["s"]))
            let payload = ByteBuffer(repeating: 7, count: 100_000)
            for _ in 0..<300 { _ = try await jetStream.publish(subject: "s", payload: payload) }
            let reader = Task {
                var bytes = 0
                for try await message in jetStream.orderedConsumer(stream: "S", subject: "s", from: 101) {
                    bytes += message.payload.readableBytes
                    if message.sequence == 300 { withUnsafeCurrentTask { $0?.cancel() } }
                }
                return bytes
            }
            // 20 MB: far more than one flow control window.
            #expect(try await reader.value == 20_000_000)
            #expect(
                await code { for try await _ in jetStream.orderedConsumer(stream: "none", subject: "s") {} }
                    == .jetStream(.streamNotFound)
            )
            await connection.close()
        }
    }

    @Test func `a silent consumer is replaced`() async throws {
        try await NATSServer.with { server in
            let connection = try await server.connect()
            let jetStream = connection.jetStream()
            try await jetStream.createOrUpdateStream(StreamConfiguration(name: "S", subjects: ["s"]))
            let consumer = jetStream.orderedConsumer(stream: "S", subject: "s", heartbeat: .milliseconds(150))
            var iterator = consumer.makeAsyncIterator()
            _ = try await jetStream.publish(subject: "s", payload: ByteBuffer(string: "1"))
            #expect(try await iterator.next()?.payload == ByteBuffer(string: "1"))
            // Deleting it on the server is what a failover does to it; no reconnect tells us.
            let names = try await connection.request(subject: "$JS.API.CONSUMER.NAMES.S", timeout: .seconds(5))
            let text = String(buffer: names.payload)
            let list = try #require(text.firstRange(of: #""consumers":[""#))
            let name = text[list.upperBound...].prefix { $0 != "\"" }
            _ = try await connection.request(subject: "$JS.API.CONSUMER.DELETE.S.\(name)", timeout: .seconds(5))
            _ = try await jetStream.publish(subject: "s", payload: ByteBuffer(string: "2"))
            #expect(try await iterator.next()?.payload == ByteBuffer(string: "2"))
            await connection.close()
        }
    }
}
