import NIOConcurrencyHelpers
import NIOCore

/// One connection that is, or is to be, upgraded: the meeting point of its users and the loop's thread.
///
/// Continuations are resumed, and letters posted, outside the lock.
final class Upgrade: Sendable {
    private struct Guarded {
        var state: UpgradeState
        var lastWriter: UInt64 = 0
    }

    let request: HTTPTransportRequest
    let statuses: Set<Int>
    let configuration: HTTPTransport.Configuration
    private let loop: TransferLoop
    private let guarded: NIOLockedValueBox<Guarded>

    init(
        request: HTTPTransportRequest,
        statuses: Set<Int>,
        configuration: HTTPTransport.Configuration,
        loop: TransferLoop
    ) {
        var request = request
        request.url = Self.httpURL(request.url)
        self.request = request
        self.statuses = statuses
        self.configuration = configuration
        self.loop = loop
        guarded = NIOLockedValueBox(Guarded(state: UpgradeState(limit: configuration.bufferLimit)))
    }

    /// The time until the answer.
    var patience: Duration {
        [request.answerTimeout, request.deadline].compactMap { $0 }.min() ?? .seconds(30)
    }

    var canFinishWriting: Bool { !request.url.lowercased().hasPrefix("https:") }

    /// Connects, asks, and waits for the answer.
    func begin() async throws -> ResponseHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                run(transition { $0.begin(continuation) })
                // A cancelled one is let go of as soon as the loop looks at it.
                if !loop.post(.connect(self)) { fail(.shutdown, "the transport was shut down") }
            }
        } onCancel: {
            close()
        }
    }

    func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                run(transition { $0.read(continuation, isCancelled: Task.isCancelled) })
            }
        } onCancel: {
            run(transition { $0.cancelRead() })
        }
    }

    func write(_ bytes: ByteBuffer) async throws {
        guard bytes.readableBytes > 0 else { return }
        try await wait(.write([bytes]))
    }

    func wait(_ wish: UpgradeState.Wish) async throws {
        let id = guarded.withLockedValue { guarded in
            guarded.lastWriter += 1
            return guarded.lastWriter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                run(transition { $0.wait(wish, continuation, id: id, isCancelled: Task.isCancelled) })
            }
        } onCancel: {
            run(transition { $0.cancelWrite(id) })
        }
    }

    func finishWriting() throws {
        guard canFinishWriting else {
            throw HTTPTransportError(
                code: .invalidRequest,
                message: "one side of a TLS connection cannot be ended alone",
                mayHaveBeenDelivered: true
            )
        }
        run(transition { $0.finishWriting() })
    }

    /// Closes the connection; without effect once it is closed.
    func close() {
        run(
            transition { state in
                let error = HTTPTransportError(
                    code: .cancelled,
                    message: "the connection was closed on this side",
                    mayHaveBeenDelivered: state.wasSent
                )
                return state.fail(error, dropsInput: true)
            }
        )
    }

    func fail(_ code: HTTPTransportError.Code, _ message: String) {
        run(
            transition {
                $0.fail(HTTPTransportError(code: code, message: message, mayHaveBeenDelivered: $0.wasSent))
            }
        )
    }

    func fail(_ error: any Error) {
        run(transition { $0.fail(error) })
    }

    /// One look at, or change of, the state; the loop's as well.
    func transition<Value>(_ change: (inout UpgradeState) -> Value) -> Value {
        guarded.withLockedValue { change(&$0.state) }
    }

    func run(_ effects: UpgradeState.Effects) {
        if let (waiter, result) = effects.head { waiter.resume(with: result) }
        if let (waiter, result) = effects.read { waiter.resume(with: result) }
        for (waiter, result) in effects.room { waiter.resume(with: result) }
        if effects.attends { loop.post(.attend(self)) }
        if effects.drops { loop.post(.drop(self)) }
    }

    private static func httpURL(_ url: String) -> String {
        let lower = url.prefix(6).lowercased()
        if lower.hasPrefix("ws://") { return "http://" + url.dropFirst(5) }
        if lower.hasPrefix("wss://") { return "https://" + url.dropFirst(6) }
        return url
    }
}
