/// The messages of a subject in a stream, in order and without a gap: first what is stored, then what follows.
///
/// Each iteration is a consumer of its own. It replaces its server side after a gap, a reconnect or silence, at the
/// message after the last one it returned. It reads ahead by what the server's flow control allows. It ends when the
/// task is cancelled and throws when the connection is closed or the stream is gone.
package struct OrderedConsumer: AsyncSequence, Sendable {
    package typealias Element = JetStreamMessage

    let jetStream: JetStream
    let stream: String
    let subject: String
    let startSequence: UInt64
    let heartbeat: Duration

    package func makeAsyncIterator() -> Iterator {
        Iterator(session: OrderedConsumerSession(self))
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let session: OrderedConsumerSession

        package mutating func next() async throws -> JetStreamMessage? {
            try await session.next()
        }
    }
}

extension JetStream {
    package func orderedConsumer(
        stream: String,
        subject: String,
        from sequence: UInt64 = 1,
        heartbeat: Duration = .seconds(5)
    ) -> OrderedConsumer {
        OrderedConsumer(
            jetStream: self,
            stream: stream,
            subject: subject,
            startSequence: max(1, sequence),
            heartbeat: heartbeat
        )
    }
}
