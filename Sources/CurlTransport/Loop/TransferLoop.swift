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
        case connect(Upgrade)
        case attend(Upgrade)
        case drop(Upgrade)
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
        var transfers = ActiveTransfers(multi: multi)
        let upgrades = ActiveUpgrades(multi: multi)
        while true {
            multi.perform()
            while let (pointer, result) = multi.finished() {
                if !transfers.finish(pointer, result) { upgrades.finish(pointer, result) }
            }
            upgrades.serve()
            let (letters, mustStop, mayEnd) = mailbox.withLockedValue { box in
                let letters = box.letters
                box.letters.removeAll(keepingCapacity: true)
                return (letters, box.stopping, box.retired)
            }
            for letter in letters { deliver(letter, &transfers, upgrades) }
            if mustStop {
                transfers.failAll()
                upgrades.failAll()
            }
            if (mustStop || mayEnd) && transfers.isEmpty && upgrades.isEmpty && end() { return }
            wait(&transfers, upgrades)
        }
    }

    private func deliver(_ letter: Letter, _ transfers: inout ActiveTransfers, _ upgrades: ActiveUpgrades) {
        switch letter {
        case .add(let transfer): transfers.add(transfer)
        case .resume(let transfer): transfers.resume(transfer)
        case .remove(let transfer): transfers.remove(transfer)
        case .connect(let upgrade): upgrades.connect(upgrade)
        case .attend(let upgrade): upgrades.attend(upgrade)
        case .drop(let upgrade): upgrades.drop(upgrade)
        }
    }

    /// Until there is something to do; new and resumed transfers of libcurl's expire at once.
    private func wait(_ transfers: inout ActiveTransfers, _ upgrades: ActiveUpgrades) {
        var limit = Int32.max
        if let deadline = [transfers.nextDeadline, upgrades.nextDeadline].compactMap({ $0 }).min() {
            // Rounded up, so that the deadline is over afterwards.
            let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds + 1
            limit = Int32(clamping: max(0, left))
        }
        if !upgrades.prepareWait() { limit = 0 }
        if let problem = multi.poll(&upgrades.waits, milliseconds: limit) {
            // Without waiting the loop would spin: it ends, and later requests fail with `shutdown`.
            logger.error("waiting for transfers failed", metadata: ["curl.code": "\(problem)"])
            mailbox.withLockedValue { $0.stopping = true }
        }
        let now = ContinuousClock.now
        transfers.expire(now)
        upgrades.expire(now)
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
