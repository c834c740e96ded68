import BoxProtocol
import CLinux
import ExecutionEngine
import Glibc

private struct WaitingRequest {
    var header: FrameHeader
    var payload: [UInt8]
}

/// One client.
///
/// Output is not queued here: it stays in the processes' logs until the socket takes it, and fills them when it does
/// not. So a slow client slows its processes, and costs the daemon no more than one batch.
final class Connection: EventHandler {
    /// How many bytes of output are put together at a time.
    private static let batch = 256 << 10

    /// Milliseconds until a send is tried again that the kernel had no memory for.
    private static let shortagePause: UInt64 = 20

    /// With that much unsent no more requests are read.
    private static let maximumUnsent = 1 << 20

    let box: Box
    private let socket: Descriptor
    private var decoder = FrameDecoder()
    private var outgoing = OutgoingBytes()

    /// Requests that had arrived when there was too much unsent; no more than one read brings.
    private var waiting: [WaitingRequest] = []
    private var isBlocked = false
    private var isFlushScheduled = false
    private(set) var isClosed = false

    /// Nil until the client has said hello.
    private(set) var epoch: UInt64?

    /// What the client follows, by the stream that it named.
    var processes: [UInt32: ProcessStream] = [:]

    /// Streams whose process has news, oldest first.
    private var news: [UInt32] = []
    var handles = FileHandles()

    init(_ socket: Descriptor, box: Box) throws(SystemError) {
        self.socket = socket
        self.box = box
        try box.loop.register(socket, for: .read, handler: self)
    }

    func descriptorReady(_ readiness: Readiness) {
        if readiness.contains(.write) {
            flush()
        }
        if readiness.contains(.read), !isClosed {
            readRequests()
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        box.loop.unregister(socket)
        abandonProcesses()
        handles = FileHandles()
        box.connectionClosed(self)
    }
}

// MARK: Reading

extension Connection {
    private func readRequests() {
        let scratch = box.engine.scratch
        let count = recv(socket.number, scratch.baseAddress, scratch.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) {
                close()
            }
            return
        }
        // A request may use the scratch buffer, when the process that it starts has already said something.
        let bytes = [UInt8](UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        do {
            try bytes.withUnsafeBytes { bytes in
                try decoder.decode(bytes) { header, payload in
                    if outgoing.count >= Self.maximumUnsent {
                        waiting.append(WaitingRequest(header: header, payload: [UInt8](payload)))
                    } else if !isClosed {
                        try receive(header, payload)
                    }
                }
            }
        } catch {
            close()
        }
    }

    /// Goes on with what has waited for the client to read.
    private func resumeRequests() {
        var requests = waiting[...]
        do {
            while !isClosed, outgoing.count < Self.maximumUnsent, let request = requests.popFirst() {
                try request.payload.withUnsafeBytes { payload in
                    try receive(request.header, payload)
                }
            }
            waiting = Array(requests)
        } catch {
            close()
        }
    }

    private func receive(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) throws {
        guard let epoch else {
            guard header.type == .hello else { throw ProtocolViolation.unexpectedFrame }
            try receiveHello(header.stream, HelloMessage(payload: payload))
            return
        }
        guard box.isCurrent(epoch) else {
            fail(header.stream, .staleEpoch)
            return
        }
        try handle(header, payload)
    }

    private func receiveHello(_ stream: UInt32, _ hello: HelloMessage) throws {
        let refusal: FailureCode?
        do throws(SystemError) {
            refusal = try box.admit(hello)
        } catch {
            fail(stream, error)
            return
        }
        if let refusal {
            fail(stream, refusal)
            // A client of another version or sandbox has nothing more to say.
            if refusal != .staleEpoch {
                flush()
                close()
            }
            return
        }
        epoch = hello.epoch
        reply(stream, .welcome, WelcomeMessage(process: getpid()))
    }

    /// Another client has come with a higher epoch.
    func becomeStale() {
        let streams = Array(processes.keys)
        abandonProcesses()
        handles = FileHandles()
        for stream in streams {
            fail(stream, .staleEpoch)
        }
    }
}

// MARK: Writing

extension Connection {
    func reply(_ stream: UInt32, _ type: FrameType, _ message: some FrameMessage, with descriptor: Descriptor? = nil) {
        guard !isClosed else { return }
        outgoing.append(FieldEncoder.frame(type, stream: stream, message), with: descriptor)
        scheduleFlush()
    }

    func fail(_ stream: UInt32, _ code: FailureCode, errno: Int32 = 0) {
        reply(stream, .failed, FailureMessage(code: code, errno: errno))
    }

    func fail(_ stream: UInt32, _ error: SystemError) {
        if error == .outsideRoot {
            fail(stream, FailureCode.outsideRoot)
        } else {
            fail(stream, .system, errno: error.code)
        }
    }

    /// There is output, or an end, to send on this stream.
    func announce(_ stream: UInt32) {
        if !news.contains(stream) {
            news.append(stream)
        }
        scheduleFlush()
    }

    /// Everything that one turn of the loop brings leaves together.
    private func scheduleFlush() {
        guard !isFlushScheduled, !isBlocked, !isClosed else { return }
        isFlushScheduled = true
        box.loop.later { [self] in
            isFlushScheduled = false
            flush()
        }
    }

    private func flush() {
        guard !isClosed else { return }
        do throws(SystemError) {
            isBlocked = try !outgoing.send(to: socket)
            if !isBlocked, !news.isEmpty {
                takeNews()
                isBlocked = try !outgoing.send(to: socket)
            }
        } catch {
            guard error.code == ENOMEM || error.code == ENOBUFS else {
                close()
                return
            }
            // The box has used up its memory. Somebody is about to die of it, and this client is not to be lost.
            isBlocked = true
            box.loop.watch(socket, for: [])
            box.loop.schedule(afterMilliseconds: Self.shortagePause) { [self] in flush() }
            return
        }
        if !isBlocked, !news.isEmpty {
            scheduleFlush()
        }
        if !isBlocked, !waiting.isEmpty {
            resumeRequests()
        }
        var interest: Interest = isBlocked ? .write : []
        if waiting.isEmpty, outgoing.count < Self.maximumUnsent {
            interest.insert(.read)
        }
        box.loop.watch(socket, for: interest)
    }

    /// One chunk of each stream in turn, up to a batch.
    private func takeNews() {
        while outgoing.count < Self.batch, !news.isEmpty {
            let stream = news.removeFirst()
            guard var process = processes[stream] else { continue }
            do throws(SystemError) {
                let hasMore = try process.takeFrame(stream, into: &outgoing)
                processes[stream] = process
                if hasMore {
                    news.append(stream)
                }
            } catch {
                breakOff(stream, error)
            }
        }
    }
}
