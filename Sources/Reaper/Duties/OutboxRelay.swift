import Bus
import FoundationEssentials
import Model
import NATSClient
import NIOCore
import Store

/// Carries events from the outbox into the stream `EVENTS`.
///
/// One relay at a time publishes; it takes what is unpublished, never what comes after an id (rule 25). An event may be
/// published twice when the relay dies in between: its version tells the repeat.
struct OutboxRelay: Duty {
    /// How many subjects' events are on their way at once.
    static let width = 64

    let name = "outbox_relay"
    let interval = Duration.milliseconds(500)
    let batch = 500

    let bus: Bus
    let store: Store

    func pass() async throws -> DutyPass {
        let published = try await store.relayEvents(limit: batch) { events in
            // The events of one subject go one after another, those of different subjects together.
            let queues = Dictionary(grouping: events, by: \.subject)
            return await withTaskGroup(of: PublishedEvents.self) { group in
                var waiting = queues.values.makeIterator()
                var published = PublishedEvents()
                for _ in 0..<Self.width {
                    guard let queue = waiting.next() else { break }
                    group.addTask { await publish(queue) }
                }
                for await part in group {
                    published.ids += part.ids
                    published.failure = published.failure ?? part.failure
                    // A stream that refuses or does not answer will do so for the others as well.
                    if published.failure == nil, let queue = waiting.next() {
                        group.addTask { await publish(queue) }
                    }
                }
                return published
            }
        }
        return DutyPass(found: published)
    }

    /// Publishes the events of one subject in order, up to the first that fails.
    private func publish(_ events: [OutboxEvent]) async -> PublishedEvents {
        let stream = bus.connection.jetStream()
        var published = PublishedEvents()
        for event in events {
            do {
                _ = try await stream.publish(
                    subject: Self.subject(of: event),
                    payload: try EventBody.bytes(event),
                    messageID: "\(event.subject).\(event.version)"
                )
                published.ids.append(event.id)
            } catch {
                published.failure = error
                break
            }
        }
        return published
    }

    /// A kind is one token of the subject: `sandbox.created` is `sandbox-created` there.
    static func subject(of event: OutboxEvent) -> String {
        Subject.event(event.workspace, kind: event.kind.replacing(".", with: "-"), id: event.subject)
    }
}

/// What consumers read.
private struct EventBody: Encodable {
    var version = 1
    var kind: String
    var workspaceId: String
    var subjectId: String
    /// Counts the events of one subject.
    var sequence: Int64
    var actor: String
    var at: String

    /// The payload is passed on as it was stored, under `data`.
    static func bytes(_ event: OutboxEvent) throws -> ByteBuffer {
        let head = try JSONEncoder()
            .encode(
                EventBody(
                    kind: event.kind,
                    workspaceId: event.workspace.rawValue,
                    subjectId: event.subject,
                    sequence: event.version,
                    actor: event.actor,
                    at: event.createdAt.formatted(.iso8601)
                )
            )
        var body = ByteBuffer()
        body.reserveCapacity(head.count + event.payload.utf8.count + 10)
        body.writeBytes(head.dropLast())
        body.writeString(#","data":"#)
        body.writeString(event.payload)
        body.writeString("}")
        return body
    }
}
