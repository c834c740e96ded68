import CLinux
import Glibc

/// One process that an engine has started, with its descendants.
package final class Execution {
    /// What a process has to be silent after its exit to count as drained, although somebody holds its output.
    static let quietMilliseconds: UInt64 = 1000

    /// How long output is read after an exit at most.
    static let drainMilliseconds: UInt64 = 10_000

    package let id: String

    /// Also the id of its session and process group.
    package let process: Int32

    package private(set) var stdout = OutputLog()
    package private(set) var stderr = OutputLog()

    /// Nil until the process has ended and its output has been read.
    package private(set) var end: ProcessEnd?

    package weak var observer: (any ExecutionObserver)?

    /// Whatever the observer needs to know it by.
    package var tag: UInt32 = 0

    package let isDetached: Bool

    /// False once its wait status has been taken; from then on the process id may belong to somebody else.
    private(set) var isAlive = true

    /// What its descendants are known by, besides.
    let mark: UInt64?

    /// Where its descendants are.
    var tree: ProcessTree

    /// How many times it is being killed right now.
    var kills = 0

    /// Nobody will ask about it any more.
    var isForgotten = false

    let engine: Engine
    let pipes: [OutputPipe]
    let input: InputPipe
    private let window: Int
    private var isDiscarding = false

    private var status: ProcessEnd.Status?
    private var timedOut = false
    private var timeout: LoopTimer?

    /// Bytes that were in the pipes at the exit.
    ///
    /// They are the process's own and are read however long that takes.
    private var owedBytes = 0
    private var exitedAt: UInt64 = 0
    private var lastOutputAt: UInt64 = 0
    private var drainTimer: LoopTimer?

    init(
        _ command: Command,
        process: Int32,
        channels: Channels,
        tree: ProcessTree,
        engine: Engine
    ) {
        id = command.id
        mark = command.mark
        self.process = process
        pipes = channels.outputs
        input = channels.input
        self.tree = tree
        self.engine = engine
        window = command.window
        isDetached = command.isDetached
    }

    /// Called once, after the waiter knows the process.
    func begin(_ command: Command) throws(SystemError) {
        for pipe in pipes {
            // Holds this execution as long as the pipe is open, so that a daemon's output goes on being read.
            try pipe.start { [unowned pipe] in self.pipeReady(pipe) }
        }
        input.onRoom = { [weak self] in
            if let self {
                observer?.inputHasRoom(self)
            }
        }
        switch command.input {
        case .none: try input.start(with: [])
        case .bytes(let bytes):
            try input.start(with: bytes)
            input.end()
        case .open(let bytes): try input.start(with: bytes)
        }
        if let milliseconds = command.timeoutMilliseconds {
            let grace = command.graceMilliseconds
            timeout = engine.loop.schedule(afterMilliseconds: milliseconds) { [weak self] in
                guard let self, isAlive else { return }
                timedOut = true
                killTree(graceMilliseconds: grace) { _ in }
            }
        }
    }
}

// MARK: Output

extension Execution {
    package func log(_ stream: OutputStream) -> OutputLog {
        stream == .stdout ? stdout : stderr
    }

    /// Forgets output that the reader has stored, which lets the process write on.
    package func acknowledge(stdout stdoutOffset: UInt64, stderr stderrOffset: UInt64) {
        let before = heldBytes
        stdout.acknowledge(upTo: stdoutOffset)
        stderr.acknowledge(upTo: stderrOffset)
        engine.budget.free(before - heldBytes)
        resumeReading()
    }

    func resumeReading() {
        if room > 0 {
            retryReading()
        }
    }

    /// Looks again whether there is room.
    func retryReading() {
        guard end == nil else { return }
        spool?.forget(self)
        for pipe in pipes {
            pipe.setPaused(false)
        }
    }

    /// Nobody will ask for its output any more: what is held is forgotten, what comes is thrown away.
    package func discardOutput() {
        isDiscarding = true
        acknowledge(stdout: stdout.end, stderr: stderr.end)
    }

    private var heldBytes: Int { stdout.heldBytes + stderr.heldBytes }

    private var room: Int { engine.budget.window(of: window) - heldBytes }

    private var spool: Spool? { isDetached ? engine.spool : nil }

    /// More may be held than a client wants to hold.
    package var isSpooled: Bool { spool != nil }

    /// Moves its output out of memory when that is full.
    private func makeRoom() -> Int {
        guard room <= 0, let spool else { return room }
        let before = heldBytes
        do throws(SystemError) {
            try stdout.spill(into: spool)
            try stderr.spill(into: spool)
        } catch {
            // A full disk only makes the process wait, as a full spool does.
            spool.failed()
        }
        engine.budget.free(before - heldBytes)
        return room
    }

    private func pipeReady(_ pipe: OutputPipe) {
        guard end == nil else {
            // A daemon that still writes is neither stopped nor killed by its pipe.
            _ = pipe.read(into: engine.scratch)
            return
        }
        // A few reads, so that one process that never pauses does not keep the loop from the others.
        if readSome(pipe, reads: 4) > 0 {
            observer?.outputArrived(self)
        }
        finishWhenDrained()
    }

    private func readSome(_ pipe: OutputPipe, reads: Int) -> Int {
        var total = 0
        for _ in 0..<reads {
            let wanted = min(engine.scratch.count, makeRoom())
            guard wanted > 0 else {
                for other in pipes {
                    other.setPaused(true)
                }
                engine.budget.wait(self)
                spool?.wait(self)
                break
            }
            let buffer = UnsafeMutableRawBufferPointer(rebasing: engine.scratch[..<wanted])
            guard case .bytes(let count) = pipe.read(into: buffer) else { break }
            if !isDiscarding {
                keep(UnsafeRawBufferPointer(rebasing: buffer[..<count]), of: pipe.stream)
            }
            total += count
            if count < wanted {
                break
            }
        }
        if total > 0, status != nil {
            owedBytes -= total
            lastOutputAt = MonotonicClock.now()
        }
        return total
    }

    private func keep(_ bytes: UnsafeRawBufferPointer, of stream: OutputStream) {
        switch stream {
        case .stdout: stdout.append(bytes)
        case .stderr: stderr.append(bytes)
        }
        engine.budget.add(bytes.count)
    }
}

// MARK: The end

extension Execution {
    /// The wait status has been taken.
    func exited(_ waitStatus: Int32) {
        isAlive = false
        let code = linux_exit_code(waitStatus)
        status = code < 0 ? .signal(-code) : .code(code)
        if let timeout {
            engine.loop.cancel(timeout)
        }
        exitedAt = MonotonicClock.now()
        lastOutputAt = exitedAt
        owedBytes = pipes.reduce(0) { $0 + $1.pendingBytes }
        input.close()
        var total = 0
        for pipe in pipes {
            // One read more than the bytes need sees the end. A descendant that writes on must not keep us here.
            for _ in 0..<16 {
                let count = readSome(pipe, reads: 1)
                total += count
                if count == 0 {
                    break
                }
            }
        }
        if total > 0 {
            observer?.outputArrived(self)
        }
        finishWhenDrained()
    }

    /// Tells the end once the output has come to its own, and whoever kills the tree has seen it dead.
    func finishWhenDrained() {
        guard let status, end == nil, kills == 0 else { return }
        let isClosed = pipes.allSatisfy { !$0.isOpen }
        let now = MonotonicClock.now()
        let due = min(lastOutputAt + Self.quietMilliseconds * 1_000_000, exitedAt + Self.drainMilliseconds * 1_000_000)
        guard isClosed || (owedBytes <= 0 && now >= due) else {
            scheduleDrainCheck(at: due, now: now)
            return
        }
        if let drainTimer {
            engine.loop.cancel(drainTimer)
        }
        end = ProcessEnd(status: status, outputOpen: !isClosed, timedOut: timedOut)
        for pipe in pipes {
            pipe.setPaused(false)
        }
        engine.settle(self)
        observer?.executionEnded(self)
    }

    /// While owed bytes wait for a slow reader no timer runs: its next acknowledgement brings the check.
    private func scheduleDrainCheck(at due: UInt64, now: UInt64) {
        guard drainTimer == nil, owedBytes <= 0 || due > now else { return }
        let delay = due > now ? (due - now) / 1_000_000 + 1 : 0
        drainTimer = engine.loop.schedule(afterMilliseconds: delay) { [weak self] in
            self?.drainTimer = nil
            self?.finishWhenDrained()
        }
    }
}
