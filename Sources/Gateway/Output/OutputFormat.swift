import HTTPTypes
import Hummingbird

/// The two spellings of a record of chunks over HTTP.
package enum OutputFormat: Sendable {
    /// One JSON object a line.
    case lines
    /// Server-sent events: the chunk's number as `id`, its type as `event`, the same JSON object as `data`.
    case events

    package var mediaType: String {
        switch self {
        case .lines: "application/x-ndjson"
        case .events: "text/event-stream"
        }
    }

    /// What the caller asks for by `Accept`; nil when it names neither.
    init?(accepted request: Request) {
        if request.accepts(Self.lines.mediaType) {
            self = .lines
        } else if request.accepts(Self.events.mediaType) {
            self = .events
        } else {
            return nil
        }
    }
}
