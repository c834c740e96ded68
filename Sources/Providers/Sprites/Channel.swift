import BoxSession
import CurlTransport
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
import ProviderKit

/// A relay in a sprite: its input and output as binary messages.
final class SpriteChannel: ByteChannel {
    /// A connection through which nothing comes is looked after: one that is dead does not say so.
    private static let silence: Duration = .seconds(20)
    /// How long a peer that does not read is waited for at the end.
    private static let goodbye: Duration = .seconds(4)

    private struct State {
        var complaint = ByteBuffer()
        var hasEnded = false
    }

    private let socket: WebSocket
    private let call: ProviderCall
    private let api: SpritesAPI
    private let keeper: Task<Void, any Error>
    private let state = NIOLockedValueBox(State())

    init(_ socket: WebSocket, _ call: ProviderCall, _ api: SpritesAPI) {
        self.socket = socket
        self.call = call
        self.api = api
        keeper = Task { try await socket.keepAlive(every: Self.silence, answerWithin: Self.silence) }
    }

    deinit {
        keeper.cancel()
    }

    func read() async throws(DriverError) -> ByteBuffer? {
        if state.withLockedValue({ $0.hasEnded }) { return nil }
        while let (stream, bytes) = try await api.next(socket, call) {
            switch stream {
            case .stdout: return bytes
            case .stderr: state.withLockedValue { $0.complaint = bytes }
            case .exit:
                let complaint = state.withLockedValue { state in
                    state.hasEnded = true
                    return String(buffer: state.complaint)
                }
                guard bytes.readableBytesView.first != 0 else { return nil }
                throw DriverError(.transient, "The relay in the sprite has failed: \(complaint.prefix(300))")
            case .stdin, .stdinEnd: break
            }
        }
        throw DriverError(.transient, "The connection to the relay in the sprite has ended.")
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        var message = ByteBuffer()
        message.reserveCapacity(bytes.readableBytes + 1)
        message.writeInteger(ExecStream.stdin.rawValue)
        message.writeImmutableBuffer(bytes)
        try await send(message)
    }

    func close() async {
        keeper.cancel()
        do {
            // The relay ends with its input; without this it would have the provider's ten seconds.
            try await withDeadline(Self.goodbye, "the relay takes nothing more") { [self] in
                try await send(ByteBuffer(integer: ExecStream.stdinEnd.rawValue))
            }
        } catch {
            // It is closed already, or nobody reads there: the connection is dropped either way.
        }
        await socket.close(within: .seconds(1))
    }

    private func send(_ message: ByteBuffer) async throws(DriverError) {
        do {
            try await socket.send(.binary(message))
        } catch {
            throw api.client.error(of: error, about: call)
        }
    }
}
