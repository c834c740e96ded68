package import NIOCore

extension NATSConnection {
    /// Publishes and waits for the first answer.
    ///
    /// With `endsWithConnection` a request does not wait for its timeout when the connection breaks.
    ///
    /// Throws `.noResponders` if nobody listens, `.timeout`, `.interrupted`, `.disconnected` while the connection is down,
    /// `.permissionViolation` if the server refused the subject, and `CancellationError`.
    package func request(
        subject: String,
        headers: NATSHeaders = [:],
        payload: ByteBuffer = ByteBuffer(),
        timeout: Duration,
        endsWithConnection: Bool = false,
        silence: RequestSilence? = nil
    ) async throws -> NATSMessage {
        try await exchange(subject, headers, payload, timeout, endsWithConnection, silence)
    }

    /// Returns when the server has processed everything that was sent on this connection so far, by a message to ourselves.
    ///
    /// The library's own flush was seen to succeed, now and then, while the connection was being lost.
    ///
    /// Throws `.interrupted` when the connection is lost meanwhile, and as `request` does; the user has to be allowed to publish
    /// below its own inbox prefix.
    package func roundTrip(timeout: Duration) async throws {
        _ = try await exchange(nil, [:], ByteBuffer(), timeout, true, nil)
    }

    /// - Parameter destination: Nil is our own inbox.
    private func exchange(
        _ destination: String?,
        _ headers: NATSHeaders,
        _ payload: ByteBuffer,
        _ timeout: Duration,
        _ endsWithConnection: Bool,
        _ silence: RequestSilence?
    ) async throws -> NATSMessage {
        let requests = context.requests
        let id = requests.nextID()
        let own = inbox.reply(for: id)
        let (subject, reply) = (destination ?? own, destination.map { _ in own })
        let deadline = ContinuousClock.now.advanced(by: timeout)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let send = { @Sendable [self] in
                    do {
                        try publish(subject: subject, reply: reply, headers: headers, payload: payload)
                    } catch {
                        requests.complete(id) { .failure(error) }
                    }
                }
                let entry = RequestTable.Entry(
                    subject: subject,
                    continuation: continuation,
                    endsWithConnection: endsWithConnection,
                    silence: silence
                )
                switch requests.register(id, entry, bytes: payload.readableBytes, deadline: deadline) {
                case .refused: break
                case .entered: send()
                // A server that has stopped reading: let a thread of ours wait for it, not one of the tasks'.
                case .enteredWhileSilent: writes.post { if requests.awaits(id) { send() } }
                }
            }
        } onCancel: {
            requests.complete(id) { .failure(CancellationError()) }
        }
    }

    /// A subject below the connection's inbox prefix that nobody else uses.
    package func newInbox() -> String {
        Inbox.unique(below: options.inboxPrefix)
    }
}
