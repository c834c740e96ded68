import FoundationEssentials
import Model
import SwiftProtobuf
import Wire

/// Whom to tell of a process's end.
struct WebhookBody: Sendable {
    var url: String
    /// The key of the signature; never logged or shown.
    var secret: String

    /// Nil when there is none.
    init?(_ reader: inout JSONObjectReader) throws(Fault) {
        guard var fields = try reader.object("webhook") else { return nil }
        url = try fields.line("url", in: 1...2048, try fields.required("url"))
        guard let parts = URL(string: url), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            let host = parts.host(), !host.isEmpty
        else {
            throw fields.invalid("url", "has to be an absolute URL with http or https")
        }
        secret = try fields.line("secret", in: 1...1024, try fields.required("secret"))
        try fields.finish()
    }

    var wire: WireWebhook {
        .with {
            $0.url = url
            $0.secret = secret
        }
    }
}
