import HTTPTypes
import Hummingbird
import Metrics
import NIOConcurrencyHelpers

/// Counts and times requests, under OpenTelemetry's names; instruments are made once.
package final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        var method: String
        var route: String
        var status: Int
    }

    private static let knownMethods: Set<String> = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]

    private let active = Meter(label: "http.server.active_requests")
    private let timers = NIOLockedValueBox<[Key: Metrics.Timer]>([:])

    package init() {}

    func began() {
        active.increment()
    }

    /// Takes the route as its template, never the path: labels are bounded.
    func ended(_ request: Request, route: String?, status: Int, took: Duration) {
        active.decrement()
        let method = request.method.rawValue
        let key = Key(
            method: Self.knownMethods.contains(method) ? method : "_OTHER",
            route: route ?? "none",
            status: status
        )
        let timer = timers.withLockedValue { timers in
            if let timer = timers[key] { return timer }
            let timer = Metrics.Timer(
                label: "http.server.request.duration",
                dimensions: [
                    ("http.request.method", key.method), ("http.route", key.route),
                    ("http.response.status_code", "\(status)"),
                ]
            )
            timers[key] = timer
            return timer
        }
        timer.recordNanoseconds(Int64(took / .nanoseconds(1)))
    }
}
