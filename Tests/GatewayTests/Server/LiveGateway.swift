import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import Gateway

/// Runs a gateway on a port of its own for the time of the body, and stops it in order.
func withLiveGateway<Value: Sendable>(
    _ test: TestGateway,
    _ body: @Sendable (Int, ServiceGroup) async throws -> Value
) async throws -> Value {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let application = test.gateway.application(logger: logger) { port in
        if let port { continuation.yield(port) }
    }
    let services = ServiceGroup(configuration: .init(services: test.gateway.services + [application], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { throw CancellationError() }
        do {
            let value = try await body(port, services)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            return value
        } catch {
            await services.triggerGracefulShutdown()
            throw error
        }
    }
}

/// A connection that sends and reads text as it is.
final class RawClient: Sendable {
    private let channel: any Channel
    private let received: AsyncStream<String>
    private let text = NIOLockedValueBox("")

    private init(channel: any Channel, received: AsyncStream<String>) {
        self.channel = channel
        self.received = received
    }

    static func with<Value>(port: Int, _ body: (RawClient) async throws -> Value) async throws -> Value {
        let (received, continuation) = AsyncStream.makeStream(of: String.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        do {
            let value = try await body(RawClient(channel: channel, received: received))
            try? await channel.close()
            return value
        } catch {
            try? await channel.close()
            throw error
        }
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Tells the server that no more comes.
    func finish() async throws {
        try await channel.close(mode: .output)
    }

    /// Reads until the text holds this, or the server closes; gives the text and forgets it.
    func read(until end: String) async throws -> String {
        while !text.withLockedValue({ $0.contains(end) }) {
            guard let more = await received.first(where: { _ in true }) else { break }
            text.withLockedValue { $0 += more }
        }
        return text.withLockedValue { text in
            defer { text = "" }
            return text
        }
    }

    /// Reads to the end of the connection.
    func readToEnd() async throws -> String {
        for await more in received { text.withLockedValue { $0 += more } }
        return text.withLockedValue { $0 }
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<String>.Continuation

        init(_ continuation: AsyncStream<String>.Continuation) {
            self.continuation = continuation
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(String(buffer: unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) {
            continuation.finish()
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .inputClosed? = event as? ChannelEvent { continuation.finish() }
        }
    }
}
