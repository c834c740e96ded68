import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// A connection that keeps reading while a request is handled, and cancels the handler when its client leaves.
///
/// Hummingbird's own way to notice that gives up keep-alive. Here one task a connection waits for the departure and
/// cancels the task of the connection; a request costs nothing. A client that shuts its side while it waits for the
/// answer is taken for gone.
struct GatewayChannel: ServerChildChannel, HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let stream: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        let departure: EventLoopFuture<Void>

        var channel: any Channel { stream.channel }
    }

    let responder: HTTPChannelHandler.Responder
    private let base: HTTP1Channel

    init(idleTimeout: TimeAmount, responder: @escaping HTTPChannelHandler.Responder) {
        self.responder = responder
        base = HTTP1Channel(responder: responder, configuration: HTTP1Channel.Configuration(idleTimeout: idleTimeout))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger)
            .flatMapThrowing { stream in
                let pipeline = channel.pipeline.syncOperations
                let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
                let departures = DepartureHandler()
                try pipeline.addHandlers([EarlyAnswerHandler(), departures], position: .after(decoder.handler))
                guard let departure = departures.departure else { throw ChannelError.ioOnClosedChannel }
                return Value(stream: stream, departure: departure)
            }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await handleHTTP(asyncChannel: value.stream, logger: logger) }
            try? await value.departure.get()
            group.cancelAll()
        }
    }
}
