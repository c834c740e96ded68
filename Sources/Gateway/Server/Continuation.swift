import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Answers `Expect: 100-continue` when a handler begins to read the body, not before: a request that is refused gets its
/// answer without the client sending gigabytes first.
enum Continuation {
    struct Allow: Sendable {}

    static func allow(_ request: Request, on channel: any Channel) {
        guard request.headers[.expect] != nil else { return }
        channel.pipeline.triggerUserOutboundEvent(Allow(), promise: nil)
    }
}

/// Keeps the connection's framing right around answers that come before the end of their request.
///
/// Such an answer closes the connection, as what follows on it could not be told from the rest of the body: the answer
/// says so, our side is shut, and what the client still sends is dropped for a moment, so that the answer is not lost to
/// a reset.
final class EarlyAnswerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client is listened to that talks on after its answer.
    static let linger = TimeAmount.seconds(2)
    /// A body that is nearly there is read, rather than giving up the connection.
    private static let worthReading = 65_536

    private var awaitsContinue = false
    private var requestIsRead = true
    private var length: Int?
    private var closes = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            requestIsRead = false
            length = head.headers.first(name: "content-length").flatMap { Int($0) }
            if head.headers.contains(name: "transfer-encoding") { length = nil }
            awaitsContinue = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        case .body:
            // The client did not wait.
            awaitsContinue = false
        case .end:
            requestIsRead = true
            awaitsContinue = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            let isShort = length.map { $0 <= Self.worthReading } ?? false
            closes = !requestIsRead && (awaitsContinue || !isShort)
            if closes { head.headers.replaceOrAdd(name: "connection", value: "close") }
            awaitsContinue = false
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end where closes:
            context.write(data, promise: promise)
            context.flush()
            shut(context)
        default:
            context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Continuation.Allow else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        if awaitsContinue {
            awaitsContinue = false
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
        promise?.succeed()
    }

    private func shut(_ context: ChannelHandlerContext) {
        let channel = context.channel
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
    }
}
