import CurlTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Testing

/// Against the server of swift-nio, whose frame decoder is another hand's.
@Suite(.serialized)
struct NIOPeerTests {
    @Test func echoes() async throws {
        let channel = try await Self.server()
        let port = try #require(channel.localAddress?.port)
        let transport = try HTTPTransport()
        let socket = try await transport.webSocket(HTTPTransportRequest(url: "ws://127.0.0.1:\(port)/"))
        for length in [0, 1, 125, 126, 65535, 65536, 200_001] {
            let bytes = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 11) })
            try await socket.send(.binary(bytes))
            #expect(try await socket.receive() == .binary(bytes))
        }
        try await socket.send(.text("ünd"))
        #expect(try await socket.receive() == .text("ünd"))
        await socket.close(code: 1001, reason: "going")
        #expect(socket.closure == WebSocketClosure(code: 1001, reason: "going"))
        try await channel.close()
    }

    private static func server() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    maxFrameSize: 1 << 20,
                    shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(EchoHandler())
                        }
                    }
                )
                return channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in })
                )
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    private final class EchoHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            #expect(frame.maskKey != nil)
            let answer = WebSocketFrame(fin: frame.fin, opcode: frame.opcode, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            if frame.opcode == .connectionClose { context.close(promise: nil) }
        }
    }
}
