import Logging
package import Model
package import NATSClient
import NIOCore
package import SwiftProtobuf

extension Bus {
    /// Serves a subject until the subscription ends.
    ///
    /// A request whose deadline is over is dropped unanswered: its caller has gone (rule 4). A body of
    /// `Content-Type: application/json` is answered in JSON.
    ///
    /// - Parameters:
    ///   - fault: Turns an error of the handler into the answer.
    ///   - handler: Runs in a task of the dispatcher.
    package func serve<Request: Message & Sendable, Reply: Message & Sendable>(
        _ subject: String,
        queue: String? = nil,
        statistics: EndpointStatistics,
        dispatcher: Dispatcher,
        fault: @escaping @Sendable (any Error) -> Fault,
        handler: @escaping @Sendable (IncomingCall<Request>) async throws -> Reply
    ) throws -> NATSSubscription {
        try connection.subscribe(subject: subject, queue: queue, delivery: .lossless) { [self] message in
            dispatcher.enqueue { [self] in
                let began = ContinuousClock.now
                let isJSON = message.headers[Header.contentType] == Header.json
                let answer: Result<Reply, Fault>
                do {
                    guard let call: IncomingCall<Request> = try incoming(message, isJSON: isJSON) else { return }
                    answer = .success(try await handler(call))
                } catch is NoAnswer {
                    return
                } catch {
                    let told = fault(error)
                    if told.code == .internal { noteInternal(error, subject: message.subject) }
                    answer = .failure(told)
                }
                statistics.record(answer, took: ContinuousClock.now - began)
                respond(to: message, with: answer, isJSON: isJSON)
            }
        }
    }

    /// Nobody else learns what was behind it: a caller is told no more than that it failed.
    private func noteInternal(_ error: any Error, subject: String) {
        logger.error("request failed", metadata: ["subject": "\(subject)", "error": "\(error)"])
    }

    /// Nil when the caller has gone.
    private func incoming<Request>(_ message: NATSMessage, isJSON: Bool) throws -> IncomingCall<Request>? {
        let deadline = message.headers[Header.deadline].flatMap { Int64($0) }
        if let deadline, deadline <= clock.now { return nil }
        let bytes = Array(buffer: message.payload)
        let request: Request
        do {
            request = isJSON ? try Request(jsonUTF8Bytes: bytes) : try Request(serializedBytes: bytes)
        } catch {
            throw Fault(.invalidRequest, "The body is not a \(Request.protoMessageName).")
        }
        return IncomingCall(
            request: request,
            requestID: message.headers[Header.requestID] ?? "-",
            traceparent: message.headers[Header.traceparent],
            deadline: deadline
        )
    }

    private func respond(to message: NATSMessage, with answer: Result<some Message, Fault>, isJSON: Bool) {
        guard let reply = message.reply else { return }
        do {
            switch answer {
            case .success(let body):
                let bytes: [UInt8] = isJSON ? try body.jsonUTF8Bytes() : try body.serializedBytes()
                try connection.publish(subject: reply, payload: ByteBuffer(bytes: bytes))
            case .failure(let fault):
                let bytes: [UInt8] = isJSON ? try fault.wire.jsonUTF8Bytes() : try fault.wire.serializedBytes()
                try connection.publish(
                    subject: reply,
                    headers: [
                        Header.serviceError: "\(fault.code.rawValue): \(fault.message)",
                        Header.serviceErrorCode: String(fault.serviceErrorCode),
                    ],
                    payload: ByteBuffer(bytes: bytes)
                )
            }
        } catch {
            // The asker sees a timeout and treats the outcome as unknown, which it is.
            logger.warning("answer not sent", metadata: ["subject": "\(message.subject)", "error": "\(error)"])
        }
    }
}
