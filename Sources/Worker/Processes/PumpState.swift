import NIOCore
import ProcessOutput
import ProviderKit

/// What a pump knows, under its lock.
struct PumpState {
    /// With more than this in memory no more is taken from the process.
    static let pendingLimit = 512 * 1024
    /// A first append that is held back goes once there is this much.
    static let heldLimit = 16 * 1024
    /// How far a process that is only counted runs ahead of what the box may forget.
    static let forgetEvery: UInt64 = 128 * 1024

    var recording: ProcessRecording
    var source: (any BoxProcess)?
    /// Why it has stopped, once it has.
    var interruption: PumpInterruption?
    /// The reader, waiting for room.
    var reader: CheckedContinuation<Void, Never>?
    /// Whoever ends the record, waiting for the writer.
    var completer: CheckedContinuation<Void, Never>?
    private(set) var isWriting = false
    private var holdsBack: Bool
    /// What the far end has been told to forget.
    private var forgotten = OutputOffsets()

    init(_ recording: ProcessRecording, holdsBack: Bool) {
        self.recording = recording
        self.holdsBack = holdsBack
    }

    var isFull: Bool { isWriting && interruption == nil && recording.pendingBytes > Self.pendingLimit }

    var isHeldBack: Bool { holdsBack }

    mutating func letGo() { holdsBack = false }

    /// Whether the caller is the writer now.
    mutating func beginWriting() -> Bool {
        guard !isWriting, interruption == nil, !recording.isEmpty else { return false }
        guard !holdsBack || recording.pendingBytes >= Self.heldLimit else { return false }
        holdsBack = false
        isWriting = true
        return true
    }

    /// The writer's next batch, or the end of its work; and who is to be woken.
    mutating func nextBatch() -> (batch: ChunkBatch?, waiters: [CheckedContinuation<Void, Never>]) {
        guard let batch = recording.next() else { return (nil, endWriting()) }
        guard !isFull, let reader else { return (batch, []) }
        self.reader = nil
        return (batch, [reader])
    }

    mutating func interrupt(_ interruption: PumpInterruption) -> [CheckedContinuation<Void, Never>] {
        self.interruption = interruption
        return endWriting()
    }

    private mutating func endWriting() -> [CheckedContinuation<Void, Never>] {
        isWriting = false
        defer {
            reader = nil
            completer = nil
        }
        return [reader, completer].compactMap { $0 }
    }

    /// What the far end may forget now that the batch is stored.
    mutating func stored(_ batch: ChunkBatch) -> OutputOffsets {
        forgotten = recording.forgettable(after: batch)
        return forgotten
    }

    /// What the far end may forget of a process that is only counted: nobody stores it, and it must not be held up.
    mutating func passed() -> OutputOffsets? {
        guard recording.isOverLimit, recording.isEmpty, !isWriting else { return nil }
        let received = recording.received
        guard received.total - forgotten.total >= Self.forgetEvery else { return nil }
        forgotten = received
        return received
    }
}

/// Why a process is not followed any more although it has not ended.
enum PumpInterruption: Error {
    /// The connection to it broke.
    case box(DriverError)
    /// Whoever runs the pump has cancelled it.
    case stopped
    /// A later owner writes the record.
    case fenced
    /// The record has to be taken up again from what is stored.
    case record(any Error)
}
