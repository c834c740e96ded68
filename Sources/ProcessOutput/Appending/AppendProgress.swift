/// What happens to one batch until it is stored: a state machine without clock or connection.
///
/// Sending the same batch again with the same expectation is always safe: the stream takes it once.
struct AppendProgress: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        case send(expecting: UInt64)
        case readTail
        /// Waits, then asks `resumed()`.
        case pause(Duration)
        case stored(at: UInt64)
        case fenced
        case outdated(OutputTail)
    }

    /// How an attempt to send ended.
    enum Sending: Sendable, Equatable {
        case acknowledged(UInt64)
        /// Nobody can tell whether it was stored.
        case unknown
        /// The subject's last message is not the expected one.
        case wrongLast
        /// It was not taken, and may be later: the stream is full, or nobody is there.
        case refused
    }

    /// The subject's newest message, compared with what is being appended.
    enum Newest: Sendable, Equatable {
        case none
        case mine(at: UInt64)
        case other(OutputTail)
        /// None is left in the stream, and the archive goes on where this batch would begin, with another.
        case superseded
    }

    static let firstPause = Duration.milliseconds(50)
    static let longestPause = Duration.seconds(2)

    private let epoch: UInt64
    private var expected: UInt64
    private var nextPause = Self.firstPause
    private var resumesWithTail = false

    init(epoch: UInt64, expected: UInt64) {
        self.epoch = epoch
        self.expected = expected
    }

    var firstStep: Step { .send(expecting: expected) }

    mutating func sent(_ outcome: Sending) -> Step {
        switch outcome {
        case .acknowledged(let sequence): return .stored(at: sequence)
        case .unknown, .wrongLast: return .readTail
        case .refused:
            resumesWithTail = false
            return pause()
        }
    }

    mutating func read(_ newest: Newest) -> Step {
        switch newest {
        case .mine(let sequence):
            return .stored(at: sequence)
        case .superseded:
            return .fenced
        case .none where expected != 0:
            // Everything before has expired, or is archived (rule 19).
            expected = 0
            return .send(expecting: 0)
        case .other(let tail) where tail.streamSequence != expected:
            return tail.position.epoch > epoch ? .fenced : .outdated(tail)
        case .none, .other:
            // As expected, so it has to be sent again; not at once, should the refusals go on.
            resumesWithTail = false
            return pause()
        }
    }

    /// The newest message could not be read.
    mutating func readFailed() -> Step {
        resumesWithTail = true
        return pause()
    }

    func resumed() -> Step { resumesWithTail ? .readTail : .send(expecting: expected) }

    private mutating func pause() -> Step {
        defer { nextPause = min(nextPause * 2, Self.longestPause) }
        return .pause(nextPause)
    }
}
