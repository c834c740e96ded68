import CNATS

extension NATSConnection {
    /// Waits until the server has processed everything sent so far.
    package func flush(timeout: Duration = .seconds(5)) async throws {
        try pointer.requireConnected()
        let pointer = pointer
        let milliseconds = timeout.milliseconds
        try await flushes.run {
            try NATSError.check(natsConnection_FlushTimeout(pointer.raw, milliseconds), "flush")
        }
    }

    /// Ends all subscriptions, lets their handlers finish what has arrived, closes, and waits for that.
    package func drain(timeout: Duration = .seconds(30)) async {
        let pointer = pointer
        let context = context
        let milliseconds = timeout.milliseconds
        control.post {
            context.moved(to: .draining)
            if natsConnection_DrainTimeout(pointer.raw, milliseconds) != NATS_OK {
                // A connection that is down has nothing to drain to.
                natsConnection_Close(pointer.raw)
            }
        }
        await context.closed.wait()
    }

    /// Closes at once and waits until the library has; requests in flight fail as `.closed`.
    package func close() async {
        let pointer = pointer
        context.closing()
        control.post { natsConnection_Close(pointer.raw) }
        await context.closed.wait()
    }
}

extension ConnectionPointer {
    func destroy() {
        natsConnection_Destroy(raw)
    }
}
