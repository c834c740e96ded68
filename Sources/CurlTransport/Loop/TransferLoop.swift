import CCurl
import CCurlShims
import Logging
import NIOConcurrencyHelpers

/// The one thread that touches libcurl's handles.
///
/// Others post to its mailbox and wake it; it never waits for them.
final class TransferLoop: Sendable {
    enum Letter {
        case add(Transfer)
        case resume(Transfer)
        case remove(Transfer)
    }

    private struct Mailbox {
        var letters: [Letter] = []
        var retired = false
        var stopping = false
        var ended = false
        var endWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let multi: Multi
    private let mailbox = NIOLockedValueBox(Mailbox())
    private let logger: Logger

    private init(multi: Multi, logger: Logger) {
        self.multi = multi
        self.logger = logger
    }

    static func start(idleConnections: Int, logger: Logger) throws -> TransferLoop {
        try CurlLibrary.require()
        let loop = TransferLoop(multi: try Multi(idleConnections: idleConnections), logger: logger)
        try LoopThread.spawn { loop.run() }
        return loop
    }

    /// - Returns: false when the loop has ended, and nobody will read the letter.
    @discardableResult
    func post(_ letter: Letter) -> Bool {
        mailbox.withLockedValue { box in
            guard !box.ended, !box.stopping else { return false }
            box.letters.append(letter)
            // The loop empties the mailbox at once, so one wake-up per filling is enough.
            if box.letters.count == 1 { multi.wakeUp() }
            return true
        }
    }

    /// Ends the thread after the last transfer.
    func retire() {
        mailbox.withLockedValue { box in
            guard !box.ended else { return }
            box.retired = true
            multi.wakeUp()
        }
    }

    func shutdown() async {
        await withCheckedContinuation { continuation in
            let ended = mailbox.withLockedValue { box in
                guard !box.ended else { return true }
                box.stopping = true
                box.endWaiters.append(continuation)
                multi.wakeUp()
                return false
            }
            if ended { continuation.resume() }
        }
    }

    private func run() {
        var active = ActiveTransfers(multi: multi)
        while true {
            active.perform()
            let (letters, mustStop, mayEnd) = mailbox.withLockedValue { box in
                let letters = box.letters
                box.letters.removeAll(keepingCapacity: true)
                return (letters, box.stopping, box.retired)
            }
            for letter in letters { active.handle(letter) }
            if mustStop { active.failAll() }
            if (mustStop || mayEnd) && active.isEmpty && end() { return }
            // New and resumed transfers expire at once, so this returns at once for them.
            if let problem = multi.poll() {
                // Without waiting the loop would spin: it ends, and later requests fail with `shutdown`.
                logger.error("waiting for transfers failed", metadata: ["curl.code": "\(problem)"])
                mailbox.withLockedValue { $0.stopping = true }
            }
        }
    }

    /// Ends only with an empty mailbox; a letter posted in between gets one more turn.
    private func end() -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = mailbox.withLockedValue { box in
            guard box.letters.isEmpty else { return nil }
            box.ended = true
            multi.close()
            defer { box.endWaiters = [] }
            return box.endWaiters
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume() }
        return true
    }
}
