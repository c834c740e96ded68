import BoxProtocol
import CLinux
import ExecutionEngine
import Glibc

/// Reads a channel's socket and hands on what the frames say.
///
/// Lives on the loop's thread.
final class BoxChannelReader: EventHandler {
    /// Enough for the frames of one batch of the daemon's.
    private static let bufferSize = 256 << 10

    private let channel: BoxChannel
    private let socket: Descriptor
    private unowned let loop: EventLoop
    private var decoder = FrameDecoder()
    /// Arrived with the bytes so far; frames claim them in order.
    private var descriptors: [Descriptor] = []

    init(_ channel: BoxChannel, socket: Descriptor, loop: EventLoop) {
        self.channel = channel
        self.loop = loop
        self.socket = socket
    }

    func descriptorReady(_ readiness: Readiness) {
        if readiness.contains(.write) {
            channel.sendUnsent(on: loop)
        }
        if readiness.contains(.read) {
            read()
        }
    }

    private func read() {
        withUnsafeTemporaryAllocation(byteCount: Self.bufferSize, alignment: 16) { buffer in
            do {
                guard let bytes = try receive(into: buffer) else { return }
                guard !bytes.isEmpty else {
                    channel.close(BoxError(.connectionClosed))
                    return
                }
                try decoder.decode(bytes) { header, payload in
                    try handle(header, payload)
                }
                channel.noteNews()
            } catch let error as SystemError {
                channel.close(BoxError(.connectionClosed, errno: error.code))
            } catch {
                channel.close(BoxError(.protocolViolation))
            }
        }
    }

    /// Nil when there is nothing, empty at the end.
    private func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> UnsafeRawBufferPointer? {
        var numbers: (Int32, Int32, Int32, Int32) = (-1, -1, -1, -1)
        var arrived = 0
        let count = withUnsafeMutableBytes(of: &numbers) { numbers in
            linux_receive(
                socket.number,
                buffer.baseAddress,
                buffer.count,
                numbers.baseAddress?.assumingMemoryBound(to: Int32.self),
                4,
                &arrived
            )
        }
        guard count >= 0 else {
            let error = SystemError.current
            if error.code == EAGAIN || error.code == EINTR {
                return nil
            }
            throw error
        }
        for number in [numbers.0, numbers.1, numbers.2, numbers.3].prefix(arrived) {
            descriptors.append(try Descriptor(owning: number))
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    private func handle(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) throws {
        let stream = header.stream
        switch header.type {
        case .done: channel.deliver(.success(.done), to: stream)
        case .welcome: channel.deliver(.success(.welcome(try WelcomeMessage(payload: payload))), to: stream)
        case .processList:
            channel.deliver(.success(.processes(try ProcessListMessage(payload: payload).processes)), to: stream)
        case .fileStatus: channel.deliver(.success(.fileStatus(try FileStatusMessage(payload: payload))), to: stream)
        case .page: channel.deliver(.success(.page(try PageMessage(payload: payload))), to: stream)
        case .opened: try handleOpened(stream, FileStatusMessage(payload: payload))
        case .failed:
            let error = BoxError(try FailureMessage(payload: payload))
            if let follower = channel.follower(of: stream) {
                channel.unfollow(stream)
                follower.receive(.failed(error))
            } else {
                channel.deliver(.failure(error), to: stream)
            }
        case .started: news(stream, .started(try StartedMessage(payload: payload)))
        case .output: news(stream, .output(try OutputMessage(payload: payload)))
        case .exited:
            let message = try ExitedMessage(payload: payload)
            let follower = channel.follower(of: stream)
            channel.unfollow(stream)
            follower?.receive(.exited(message))
        case .inputState: channel.deliver(.success(.inputState(try InputStateMessage(payload: payload))), to: stream)
        case .openedInline:
            channel.deliver(.success(.openedInline(try FileStatusMessage(payload: payload))), to: stream)
        case .contents:
            channel.deliver(.success(.contents(try ContentsMessage(payload: payload).bytes)), to: stream)
        case .inputRoom: news(stream, .inputRoom)
        default: throw ProtocolViolation.unexpectedFrame
        }
    }

    private func news(_ stream: UInt32, _ news: ProcessNews) {
        channel.follower(of: stream)?.receive(news)
    }

    private func handleOpened(_ stream: UInt32, _ message: FileStatusMessage) throws {
        guard !descriptors.isEmpty else { throw ProtocolViolation.unexpectedFrame }
        let descriptor = descriptors.removeFirst()
        // What is behind the box's word is looked at: reading anything else could hang.
        guard try FileStatus(of: descriptor).kind == .regular else { throw ProtocolViolation.invalidValue }
        channel.deliver(.success(.opened(message, descriptor)), to: stream)
    }
}
