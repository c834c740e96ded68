import Glibc

/// Why bytes for a process's input were not taken.
package enum InputRefusal: Error, Hashable, Sendable {
    /// They begin behind what was taken.
    case gap
    /// The process has ended.
    case processEnded
}

/// A process's input: the writing end, what the process has not taken yet, and how many bytes there were in all.
final class InputPipe: EventHandler {
    /// How much is held beside what the kernel's pipe holds.
    static let capacity = 64 << 10

    /// Control-D: what tells the reader of a terminal that its input has ended.
    private static let endOfFile: UInt8 = 4

    private var descriptor: Descriptor?
    private unowned let loop: EventLoop
    private let isTerminal: Bool
    private var pending: [UInt8] = []
    private var position = 0
    private var lastByte: UInt8?
    /// Where the reader of a terminal was told of an end.
    private var markedEnd: UInt64?
    /// Somebody was told that there is no room.
    private var owesRoom = false

    /// All bytes that were taken since the start.
    private(set) var offset: UInt64 = 0

    /// No more bytes are taken: the end was asked for, or the process does not read any more.
    private(set) var hasEnded: Bool

    /// Told once, when there is room again, or an end, after bytes were not taken.
    var onRoom: (() -> Void)?

    /// Without a descriptor the input has ended from the beginning.
    init(_ descriptor: Descriptor?, isTerminal: Bool, loop: EventLoop) {
        self.descriptor = descriptor
        self.isTerminal = isTerminal
        self.loop = loop
        hasEnded = descriptor == nil
    }

    /// Before anything else; these bytes are held whatever their number is.
    func start(with bytes: [UInt8]) throws(SystemError) {
        guard let descriptor else { return }
        try loop.register(descriptor, for: [], handler: self)
        add(bytes[...])
    }

    /// Takes what there is room for.
    ///
    /// - Parameter start: Where the bytes begin; nil is behind those that were taken last.
    /// - Returns: How many of the bytes are in, those included that were in before.
    func take(_ bytes: [UInt8], at start: UInt64?, isLast: Bool) throws(InputRefusal) -> Int {
        let start = start ?? offset
        guard start <= offset else { throw .gap }
        var taken = Int(min(offset - start, UInt64(bytes.count)))
        while taken < bytes.count {
            let count = min(bytes.count - taken, Self.capacity - (pending.count - position))
            guard !hasEnded, count > 0 else {
                owesRoom = !hasEnded
                return taken
            }
            add(bytes[taken..<taken + count])
            taken += count
        }
        if isLast {
            end()
        }
        return taken
    }

    /// The process reads the end after what was taken before.
    ///
    /// The input of a terminal does not end: its reader is told of an end, and may read on.
    func end() {
        guard !hasEnded else { return }
        guard isTerminal else {
            hasEnded = true
            flush()
            return
        }
        guard markedEnd != offset else { return }
        markedEnd = offset
        // In the middle of a line the first one only hands on what was typed.
        let isMidLine = lastByte.map { $0 != UInt8(ascii: "\n") && $0 != Self.endOfFile } ?? false
        pending += isMidLine ? [Self.endOfFile, Self.endOfFile] : [Self.endOfFile]
        flush()
    }

    /// Nobody reads any more.
    func close() {
        guard let descriptor else { return }
        loop.unregister(descriptor)
        self.descriptor = nil
        hasEnded = true
        pending = []
        position = 0
        tellRoom()
    }

    func descriptorReady(_ readiness: Readiness) {
        flush()
    }

    private func add(_ bytes: ArraySlice<UInt8>) {
        pending += bytes
        offset += UInt64(bytes.count)
        lastByte = bytes.last ?? lastByte
        flush()
    }

    private func tellRoom() {
        if owesRoom {
            owesRoom = false
            onRoom?()
        }
    }

    private func flush() {
        guard let descriptor else { return }
        switch writePending(descriptor) {
        case .written:
            pending = []
            position = 0
            loop.watch(descriptor, for: [])
            if hasEnded {
                close()
            }
        case .blocked:
            if position >= Self.capacity {
                pending.removeFirst(position)
                position = 0
            }
            loop.watch(descriptor, for: .write)
        case .broken:
            close()
        }
        if pending.count - position <= Self.capacity / 2 {
            tellRoom()
        }
    }

    private enum Outcome {
        case written
        case blocked
        case broken
    }

    private func writePending(_ descriptor: Descriptor) -> Outcome {
        while position < pending.count {
            let count = pending.withUnsafeBytes { bytes in
                Glibc.write(descriptor.number, bytes.baseAddress.map { $0 + position }, bytes.count - position)
            }
            if count >= 0 {
                position += count
            } else if errno == EAGAIN {
                return .blocked
            } else if errno != EINTR {
                return .broken
            }
        }
        return .written
    }
}
