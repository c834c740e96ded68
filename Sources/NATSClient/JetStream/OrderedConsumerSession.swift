/// One iteration of an ordered consumer; used by one task at a time.
final class OrderedConsumerSession {
    private let consumer: OrderedConsumer
    private let feed: OrderedFeed
    private var subscription: NATSSubscription?
    /// Tells what arrives from what an earlier server side had sent.
    private var generation = 0
    private var lastConsumerSequence: UInt64 = 0
    private var nextStreamSequence: UInt64

    private var connection: NATSConnection { consumer.jetStream.connection }

    init(_ consumer: OrderedConsumer) {
        self.consumer = consumer
        nextStreamSequence = consumer.startSequence
        feed = OrderedFeed(consumer.jetStream.connection, silenceLimit: consumer.heartbeat * 3)
    }

    func next() async throws -> JetStreamMessage? {
        while true {
            if subscription == nil { try await open() }
            guard let event = await feed.next() else {
                if Task.isCancelled { return nil }
                throw NATSError(.closed, "ordered consumer")
            }
            switch event {
            case .interrupted:
                subscription = nil
            case .arrived(let message, let generation):
                guard generation == self.generation else { continue }
                if let message = accept(message) { return message }
            }
        }
    }

    /// Takes the next message in order.
    ///
    /// Anything else is answered, or makes the consumer start anew.
    private func accept(_ message: NATSMessage) -> JetStreamMessage? {
        if message.status == 100 {
            control(message)
            return nil
        }
        guard
            let metadata = DeliveryMetadata(reply: message.reply),
            metadata.consumerSequence == lastConsumerSequence + 1,
            metadata.streamSequence >= nextStreamSequence
        else {
            subscription = nil
            return nil
        }
        lastConsumerSequence = metadata.consumerSequence
        nextStreamSequence = metadata.streamSequence + 1
        return JetStreamMessage(
            stream: metadata.stream,
            subject: message.subject,
            sequence: metadata.streamSequence,
            headers: message.headers,
            payload: message.payload
        )
    }

    /// Flow control and heartbeats come between the messages, so they are handled once those before them are read.
    private func control(_ message: NATSMessage) {
        if let reply = message.reply ?? message.headers["Nats-Consumer-Stalled"] {
            // If it cannot be sent the connection is down, and the consumer starts anew.
            try? connection.publish(subject: reply)
        }
        if let last = message.headers["Nats-Last-Consumer"].flatMap({ UInt64($0) }), last != lastConsumerSequence {
            subscription = nil
        }
    }
}

extension OrderedConsumerSession {
    /// Creates the server side at the next message; waits as long as the server is away.
    private func open() async throws {
        var wait = Duration.milliseconds(50)
        while true {
            do {
                return try await create()
            } catch let error as NATSError where error.mayPass {
                subscription = nil
                try await Task.sleep(for: wait)
                wait = min(wait * 2, .seconds(1))
            }
        }
    }

    private func create() async throws {
        generation += 1
        lastConsumerSequence = 0
        let inbox = connection.newInbox()
        subscription = try feed.listen(on: inbox, generation: generation)
        let request = ConsumerRequest(
            stream: consumer.stream,
            config: ConsumerConfiguration(
                deliverSubject: inbox,
                filterSubject: consumer.subject,
                startSequence: nextStreamSequence,
                idleHeartbeat: consumer.heartbeat.nanoseconds
            )
        )
        do {
            let _: ConsumerCreated = try await consumer.jetStream.call("CONSUMER.CREATE.\(consumer.stream)", request)
        } catch {
            subscription = nil
            throw error
        }
    }
}

extension NATSError {
    /// Whether a broker that restarts or elects a leader explains it.
    fileprivate var mayPass: Bool {
        switch code {
        case .disconnected, .interrupted, .noResponders, .timeout: true
        case .jetStream(.temporarilyUnavailable), .jetStream(.insufficientResources): true
        default: false
        }
    }
}
