import Model
package import NATSClient
import NIOCore
import SwiftProtobuf
import Wire

extension Bus {
    /// One request and its answer.
    ///
    /// - Parameters:
    ///   - timeout: How long to wait; the request itself carries the context's deadline.
    ///   - link: Nil is the connection for questions.
    ///   - endsWithConnection: Do not wait for the timeout when the connection breaks.
    ///   - silence: What is done when no answer comes for a while.
    func request<Reply: Message>(
        _ subject: String,
        _ body: some Message,
        context: CallContext,
        timeout: Duration,
        over link: NATSConnection? = nil,
        endsWithConnection: Bool = false,
        silence: RequestSilence? = nil
    ) async throws -> Reply {
        var headers: NATSHeaders = [Header.requestID: context.requestID]
        if let deadline = context.deadline {
            let left = FleetClock.milliseconds(deadline - .now)
            guard left > 0 else { throw BusError.timeout }
            headers[Header.deadline] = String(clock.now + left)
        }
        headers[Header.traceparent] = context.traceparent
        let payload = ByteBuffer(bytes: try body.serializedBytes() as [UInt8])
        let reply: NATSMessage
        do {
            reply = try await (link ?? connection)
                .request(
                    subject: subject,
                    headers: headers,
                    payload: payload,
                    timeout: timeout,
                    endsWithConnection: endsWithConnection,
                    silence: silence
                )
        } catch let error as NATSError {
            throw BusError(error)
        }
        if let fault = reply.fault { throw BusError.remote(fault) }
        do {
            return try Reply(serializedBytes: Array(buffer: reply.payload))
        } catch {
            throw BusError.unknown
        }
    }
}

extension NATSMessage {
    /// The fault of an error answer.
    fileprivate var fault: Fault? {
        guard let description = headers[Header.serviceError] else { return nil }
        return Fault(wireBytes: Array(buffer: payload)) ?? Fault(.internal, description)
    }
}

extension BusError {
    package init(_ error: NATSError) {
        switch error.code {
        case .noResponders: self = .noResponders
        case .timeout: self = .timeout
        case .disconnected, .closed, .draining, .connectFailed, .authenticationFailed: self = .disconnected
        case .payloadTooLarge:
            self = BusError(.remote, Fault(.bodyTooLarge, "The request is larger than the bus carries."))
        default: self = .unknown
        }
    }
}
