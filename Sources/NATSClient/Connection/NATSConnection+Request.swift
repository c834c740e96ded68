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
        endsWithConnection: Bool = false
    ) async throws -> NATSMessage {
        let requests = context.requests
        let id = requests.nextID()
        let deadline = ContinuousClock.now.advanced(by: timeout)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let send = { @Sendable [self] in
                    do {
                        try publish(subject: subject, reply: inbox.reply(for: id), headers: headers, payload: payload)
                    } catch {
                        requests.complete(id) { .failure(error) }
                    }
                }
                let entry = RequestTable.Entry(
                    subject: subject,
                    continuation: continuation,
                    endsWithConnection: endsWithConnection
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
