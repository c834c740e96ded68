import Bus
import Dispatch
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Wire

/// Sends answers by threads of its own: a server that does not read blocks whoever writes to it.
///
/// Answers to pings have a thread for themselves, and so never wait for more than the one answer that is being written.
final class ReplyWriter: Sendable {
    enum Urgency: Sendable {
        case ping
        case ordinary
    }

    /// More refusals than this are not queued; who asked sees a timeout.
    private static let maximumRefusals = 1024

    private let pings = DispatchQueue(label: "agent.pings")
    private let answers = DispatchQueue(label: "agent.answers")
    private let refusals = NIOLockedValueBox(0)
    private let failed: @Sendable (any Error) -> Void

    init(failed: @escaping @Sendable (any Error) -> Void) {
        self.failed = failed
    }

    /// Returns when the answer was handed to the socket.
    ///
    /// - Parameter begin: Called right before: whoever reads the answer may ask again at once.
    func send(
        _ answer: Result<WireAgentReply, Fault>,
        to reply: String,
        on connection: NATSConnection,
        begin: @escaping @Sendable () -> Void
    ) async {
        await withCheckedContinuation { continuation in
            answers.async { [self] in
                begin()
                write(answer, reply, connection)
                continuation.resume()
            }
        }
    }

    func sendLater(
        _ answer: Result<WireAgentReply, Fault>,
        to reply: String,
        on connection: NATSConnection,
        _ urgency: Urgency
    ) {
        switch urgency {
        case .ping: pings.async { [self] in write(answer, reply, connection) }
        case .ordinary:
            let isAccepted = refusals.withLockedValue { refusals in
                guard refusals < Self.maximumRefusals else { return false }
                refusals += 1
                return true
            }
            guard isAccepted else { return }
            answers.async { [self] in
                refusals.withLockedValue { $0 -= 1 }
                write(answer, reply, connection)
            }
        }
    }

    private func write(_ answer: Result<WireAgentReply, Fault>, _ reply: String, _ connection: NATSConnection) {
        do {
            try publish(answer, reply, connection)
        } catch let error as NATSError where error.code == .payloadTooLarge {
            // Asked again it would be as large: that has to be said.
            let fault = Fault(
                .bodyTooLarge,
                "The answer is larger than a message may be.",
                hint: "Ask for less at a time."
            )
            if case .success = answer { write(.failure(fault), reply, connection) } else { failed(error) }
        } catch {
            // The asker sees a timeout, and asks again.
            failed(error)
        }
    }

    private func publish(
        _ answer: Result<WireAgentReply, Fault>,
        _ reply: String,
        _ connection: NATSConnection
    ) throws {
        switch answer {
        case .success(let body):
            let bytes: [UInt8] = try body.serializedBytes()
            try connection.publish(subject: reply, payload: ByteBuffer(bytes: bytes))
        case .failure(let fault):
            let bytes: [UInt8] = try fault.wire.serializedBytes()
            try connection.publish(
                subject: reply,
                headers: [
                    "Nats-Service-Error": "\(fault.code.rawValue): \(fault.message.replacingLineBreaks)",
                    "Nats-Service-Error-Code": String(fault.serviceErrorCode),
                ],
                payload: ByteBuffer(bytes: bytes)
            )
        }
    }
}

extension String {
    /// A header has one line.
    fileprivate var replacingLineBreaks: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}
