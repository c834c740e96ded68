import CNATS

// All of these run on the library's event thread, in order, and only enqueue.
extension ConnectionContext {
    func install(in options: OptionsPointer) throws {
        let closure = Unmanaged.passUnretained(self).toOpaque()
        try options.set("callback", natsOptions_SetDisconnectedCB(options.raw, connectionWasLost, closure))
        try options.set("callback", natsOptions_SetReconnectedCB(options.raw, connectionCameBack, closure))
        try options.set("callback", natsOptions_SetClosedCB(options.raw, connectionWasClosed, closure))
        try options.set("callback", natsOptions_SetErrorHandler(options.raw, errorWasReported, closure))
    }

    fileprivate static func of(_ closure: UnsafeMutableRawPointer?) -> ConnectionContext? {
        closure.map { Unmanaged<ConnectionContext>.fromOpaque($0).takeUnretainedValue() }
    }
}

private let connectionWasLost: natsConnectionHandler = { _, closure in
    ConnectionContext.of(closure)?.moved(to: .disconnected)
}

private let connectionCameBack: natsConnectionHandler = { _, closure in
    ConnectionContext.of(closure)?.moved(to: .connected)
}

private let connectionWasClosed: natsConnectionHandler = { _, closure in
    guard let closure else { return }
    // The library's last word: the reference taken at connect goes.
    Unmanaged<ConnectionContext>.fromOpaque(closure).takeRetainedValue().moved(to: .closed)
}

private let errorWasReported: natsErrHandler = { connection, subscription, status, closure in
    guard let context = ConnectionContext.of(closure) else { return }
    if status == NATS_SLOW_CONSUMER {
        let subject = subscription.flatMap { natsSubscription_GetSubject($0) }.map { String(cString: $0) }
        return context.reported(.slowConsumer(subject: subject ?? ""))
    }
    let text = nats_GetLastError(nil).map { String(cString: $0) } ?? ""
    if let violation = NATSPermissionViolation(serverError: text) {
        return context.reported(.permissionViolation(violation))
    }
    let error = NATSError(status, "asynchronous")
    context.reported(.error(text.isEmpty ? error : NATSError(error.code, text)))
}
