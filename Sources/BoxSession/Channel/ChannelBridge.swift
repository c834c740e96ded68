import BoxProtocol
import ExecutionEngine
import Glibc
import NIOCore
import NIOPosix
import ProviderKit

/// Joins a channel with a socket, which is what a connection to a box's daemon speaks over.
enum ChannelBridge {
    /// The other end of the socket is read and written here until it or the channel ends; then both do.
    static func join(_ greeted: GreetedChannel, isText: Bool) async throws -> ExecutionEngine.Descriptor {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError.current }
        let near = try ExecutionEngine.Descriptor(owning: ends[0])
        let socket = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .withConnectedSocket(ends[1]) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        Task { await run(greeted, socket, isText: isText) }
        return near
    }

    private static func run(
        _ greeted: GreetedChannel,
        _ socket: NIOAsyncChannel<ByteBuffer, ByteBuffer>,
        isText: Bool
    ) async {
        let channel = greeted.channel
        // How it ended does not matter: the connection's other end sees the end, and the box counts as not answering.
        try? await socket.executeThenClose { inbound, outbound in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await sendUp(inbound, to: channel, isText: isText) }
                group.addTask { try? await sendDown(greeted, to: outbound, isText: isText) }
                await group.next()
                group.cancelAll()
                await channel.close()
            }
        }
    }

    private static func sendUp(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        to channel: any ByteChannel,
        isText: Bool
    ) async throws {
        for try await bytes in inbound {
            let form = isText ? ByteBuffer(bytes: Base64Lines.encode(bytes.readableBytesView)) : bytes
            try await channel.write(form)
        }
    }

    private static func sendDown(
        _ greeted: GreetedChannel,
        to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        isText: Bool
    ) async throws {
        var lines = Base64Lines.Decoder()
        var next: ByteBuffer? = greeted.first
        while let bytes = next {
            if isText {
                guard let decoded = lines.decode(bytes.readableBytesView) else { return }
                if !decoded.isEmpty { try await outbound.write(ByteBuffer(bytes: decoded)) }
            } else if bytes.readableBytes > 0 {
                try await outbound.write(bytes)
            }
            next = try await greeted.channel.read()
        }
    }
}
