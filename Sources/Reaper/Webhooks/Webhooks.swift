import Bus
import CurlTransport
import FoundationEssentials
import Logging
import NIOCore
import ServiceHost
import Store

/// Makes the calls that were asked for when processes were started, until they are taken or a day is over.
///
/// A call may be made twice, when we die before its answer is noted: its id tells the repeat. Neither the secret nor the
/// path of the URL, which may hold one, is logged.
struct Webhooks: Duty {
    static let width = 16
    let name = "webhooks"
    let interval = Duration.seconds(1)
    let batch = 64

    let transport: HTTPTransport
    let store: Store
    let clock: FleetClock
    let logger: Logger
    /// Tells the receiver who calls.
    let agent: String
    /// For one call, so that all of a pass are over before their claims are.
    var patience = Duration.seconds(10)

    private enum Answer {
        case taken
        case refused(String)
        /// The receiver wants no more of it, or it can never be made.
        case never(String)
    }

    func pass() async throws -> DutyPass {
        let due = try await store.claimWebhooks(limit: batch)
        try await ForEach(width: Self.width).run(due) { try await deliver($0) }
        return DutyPass(found: due.count)
    }

    private func deliver(_ delivery: WebhookDelivery) async throws {
        let answer = await call(delivery)
        // Told to stop: nobody knows how it went, and it is due again when its claim is over.
        try Task.checkCancellation()
        switch answer {
        case .taken:
            try await store.webhookDelivered(delivery.id)
        case .refused(let reason):
            let age = Double(clock.now) / 1000 - delivery.createdAt.timeIntervalSince1970
            let pause = WebhookRetry.pause(
                afterAttempts: delivery.attempts,
                age: age,
                spread: Double.random(in: 0...1)
            )
            try await fail(delivery, reason, retryAfter: pause)
        case .never(let reason):
            try await fail(delivery, reason, retryAfter: nil)
        }
    }

    private func fail(_ delivery: WebhookDelivery, _ reason: String, retryAfter pause: Int?) async throws {
        try await store.webhookFailed(delivery.id, error: reason, retryAfter: pause)
        logger.log(
            level: pause == nil ? .warning : .info,
            pause == nil ? "webhook given up" : "webhook not taken",
            metadata: .keyed([
                .process: "\(delivery.process)", .reason: "\(reason)", .count: "\(delivery.attempts + 1)",
            ])
        )
    }

    private func call(_ delivery: WebhookDelivery) async -> Answer {
        let lower = delivery.url.lowercased()
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://") else { return .never("not an HTTP address") }
        let request = HTTPTransportRequest(
            method: "POST",
            url: delivery.url,
            headers: [
                "Content-Type": "application/json",
                "User-Agent": agent,
                "Sandfleet-Event": "process.exited",
                "Sandfleet-Delivery": "\(delivery.id)",
                "Sandfleet-Signature": WebhookSignature.header(
                    secret: delivery.secret,
                    body: delivery.payload,
                    at: clock.now / 1000
                ),
            ],
            body: .bytes(ByteBuffer(string: delivery.payload)),
            connectTimeout: patience,
            deadline: patience
        )
        do {
            // The body is let go unread.
            let status = try await transport.send(request).status
            switch status {
            case 200..<300: return .taken
            case 410: return .never("status 410")
            default: return .refused("status \(status)")
            }
        } catch let error as HTTPTransportError where error.code == .invalidRequest {
            return .never("\(error)")
        } catch {
            return .refused("\(error)")
        }
    }
}
