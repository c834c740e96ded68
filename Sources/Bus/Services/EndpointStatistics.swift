import Model
import NIOConcurrencyHelpers

/// What the service protocol tells of one endpoint.
package final class EndpointStatistics: Sendable {
    struct Snapshot {
        var requests = 0
        var errors = 0
        var lastError = ""
        var processing = Duration.zero
    }

    package let name: String
    package let subject: String
    package let queueGroup: String
    private let snapshot = NIOLockedValueBox(Snapshot())

    package init(name: String, subject: String, queueGroup: String = "") {
        self.name = name
        self.subject = subject
        self.queueGroup = queueGroup
    }

    func record<Reply>(_ answer: Result<Reply, Fault>, took duration: Duration) {
        snapshot.withLockedValue { snapshot in
            snapshot.requests += 1
            snapshot.processing += duration
            if case .failure(let fault) = answer {
                snapshot.errors += 1
                snapshot.lastError = "\(fault.serviceErrorCode):\(fault.code.rawValue)"
            }
        }
    }

    var current: Snapshot { snapshot.withLockedValue { $0 } }
}
