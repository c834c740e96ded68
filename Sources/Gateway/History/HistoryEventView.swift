import FoundationEssentials
import Model
import NIOCore
package import Store

/// Something that happened to a sandbox, as the API shows it; what is not known is null.
package struct HistoryEventView: Sendable {
    private let event: OutboxEvent

    package init(_ event: OutboxEvent) {
        self.event = event
    }

    package var json: JSONValue {
        // Every payload was made by the database itself, as an object.
        let payload = (try? JSONParser.parse(Array(event.payload.utf8))) ?? .object([])
        var details: [JSONValue.Member] = []
        if case .object(let members) = payload {
            details = members.filter { !["epoch", "reason", "sandboxId"].contains($0.name) }
        }
        return [
            "at": .string(ISO8601.string(event.createdAt)),
            "kind": .string(event.kind),
            "actor": .string(event.actor),
            "epoch": payload["epoch"] ?? .null,
            "reason": payload["reason"] ?? .null,
            "subject": .string(event.subject),
            "details": .object(details),
        ]
    }
}
