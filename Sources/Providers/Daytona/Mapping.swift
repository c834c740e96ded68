import ProviderHTTP
import ProviderKit

/// `{"statusCode", "message", "code", "source", …}`, from the API, the proxy, or the daemon in a box.
struct DaytonaErrorMapping: ErrorMapping {
    private struct Document: Decodable {
        var message: String?
        var code: String?
        var source: String?
    }

    private static let proxy = "DAYTONA_PROXY"

    func message(of refusal: ProviderRefusal) -> String? {
        guard let document = refusal.decoded(Document.self), let message = document.message else { return nil }
        return document.code.map { "\($0): \(message)" } ?? message
    }

    func error(for refusal: ProviderRefusal) -> DriverError.Kind? {
        switch refusal.status {
        // Within a box much can be missing: only who asks the API for the box itself learns whether it is there.
        case 404 where refusal.box == nil: .transient
        // The box does not run (any more), which is no fault of the request.
        case 400 where refusal.decoded(Document.self)?.source == Self.proxy: .transient
        // Of a session, a terminal or a command in a box.
        case 410: .transient
        default: nil
        }
    }
}
