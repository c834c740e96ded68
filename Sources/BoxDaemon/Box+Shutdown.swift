import ExecutionEngine

extension Box {
    private static let graceMilliseconds: UInt64 = 1000

    /// A signal has asked for the end.
    func terminate() {
        if isKeeper {
            shutDown(graceMilliseconds: Self.graceMilliseconds) { [loop] _ in loop.stop() }
        } else {
            endProcesses()
        }
    }

    /// A box's processes die with it; nothing waits for them but the kernel.
    private func endProcesses() {
        let running = engine.all.filter { $0.end == nil }
        var remaining = running.count
        guard remaining > 0 else {
            loop.stop()
            return
        }
        for execution in running {
            execution.killTree(graceMilliseconds: Self.graceMilliseconds) { [loop] _ in
                remaining -= 1
                if remaining == 0 {
                    loop.stop()
                }
            }
        }
    }

    /// Ends every descendant, those included that nobody knows any more, and then the daemon.
    ///
    /// Where something hangs in the kernel the daemon stays, so that it can be asked again.
    func shutDown(graceMilliseconds: UInt64, _ completion: @escaping (Bool) -> Void) {
        isShuttingDown = true
        engine.killEverything(graceMilliseconds: graceMilliseconds) { [self] isDead in
            isShuttingDown = isDead
            completion(isDead)
            if isDead {
                // Behind the answer, which leaves at the end of this turn.
                loop.later { [loop] in loop.stop() }
            }
        }
    }
}
