import NIOCore
import NIOPosix

/// Passes TCP connections on to another address: servers that listen on the loopback, reached from elsewhere.
final class Forwarder: Sendable {
    let port: Int
    private let channel: any Channel

    private init(port: Int, channel: any Channel) {
        self.port = port
        self.channel = channel
    }

    static func start(on host: String, to target: SocketAddress) async throws -> Forwarder {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            // A peer behind a cut is given up as a server's keepalive would.
            .childChannelOption(.tcpOption(.init(rawValue: TCPOption.keepIdle)), value: 10)
            .childChannelOption(.tcpOption(.init(rawValue: TCPOption.keepInterval)), value: 3)
            .childChannelOption(.tcpOption(.init(rawValue: TCPOption.keepCount)), value: 3)
            .childChannelOption(.tcpOption(.init(rawValue: TCPOption.userTimeout)), value: 20_000)
            .childChannelInitializer { near in
                ClientBootstrap(group: near.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .connect(to: target)
                    .flatMapThrowing { far in
                        let (left, right) = (Glue(far), Glue(near))
                        try near.pipeline.syncOperations.addHandler(left)
                        try far.pipeline.syncOperations.addHandler(right)
                        far.read()
                    }
            }
        let channel = try await bootstrap.bind(host: host, port: 0).get()
        return Forwarder(port: channel.localAddress?.port ?? 0, channel: channel)
    }

    func stop() async {
        try? await channel.close()
    }
}

private enum TCPOption {
    static let keepIdle: CInt = 4
    static let keepInterval: CInt = 5
    static let keepCount: CInt = 6
    static let userTimeout: CInt = 18
}

/// Writes what one connection brings to the other, and reads on once that has taken it.
private final class Glue: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(_ other: any Channel) {
        self.other = other
    }

    /// Of the accepted side; the other one is already connected.
    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let own = context.channel
        other.writeAndFlush(unwrapInboundIn(data))
            .whenComplete { result in
                switch result {
                case .success: own.read()
                case .failure: own.close(promise: nil)
                }
            }
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
