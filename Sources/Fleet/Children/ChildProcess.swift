import Glibc
import NIOConcurrencyHelpers

/// A running child, or one that has ended.
///
/// Each child has a thread of its own: the kernel sends a child's death signal when the *thread* that started it ends,
/// so that thread stays, waits for the child, and reaps it.
package final class ChildProcess: Sendable {
    package let pid: Int32
    /// Resolved when the child has ended and is reaped.
    package let exit = OneShot<WaitStatus>()
    private let reaped = NIOLockedValueBox(false)

    private init(pid: Int32) {
        self.pid = pid
    }

    package static func spawn(_ specification: ChildSpecification) async throws -> ChildProcess {
        let outcome = OneShot<Result<ChildProcess, FleetError>>()
        try ChildThread.detach {
            do throws(FleetError) {
                let child = ChildProcess(pid: try specification.start())
                outcome.resolve(.success(child))
                child.reap()
            } catch {
                outcome.resolve(.failure(error))
            }
        }
        return try await outcome.wait().get()
    }

    /// Sends a signal, unless the child has been reaped and its pid may be somebody else's.
    package func signal(_ number: Int32) {
        reaped.withLockedValue { reaped in
            if !reaped { kill(pid, number) }
        }
    }

    /// Ends the child together with the programs that it runs itself.
    package func killAll() {
        reaped.withLockedValue { reaped in
            // It leads a session, so its group has its number.
            if !reaped { kill(-pid, SIGKILL) }
        }
    }

    /// Goes through `steps` until the child has ended; the last resort is SIGKILL.
    ///
    /// Gives up on a child that the kernel does not end within a minute after that, as when its disk hangs.
    package func stop(_ steps: [StopStep], hurry: OneShot<Void>? = nil) async {
        for step in steps {
            signal(step.signal)
            let deadline = ContinuousClock.now + step.grace
            while ContinuousClock.now < deadline, hurry?.value == nil || step.isPatient {
                let slice = min(deadline - .now, .milliseconds(250))
                if await exit.wait(for: slice) != nil { return }
            }
        }
        signal(SIGKILL)
        _ = await exit.wait(for: .seconds(60))
    }

    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        var status: Int32 = 0
        reaped.withLockedValue { reaped in
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            reaped = true
        }
        exit.resolve(WaitStatus(waitStatus: status))
    }
}

/// One step of stopping a child.
package struct StopStep: Sendable {
    package let signal: Int32
    package let grace: Duration
    /// Whether a user in a hurry has to wait all the same, because cutting it short loses data.
    package let isPatient: Bool

    package init(_ signal: Int32, grace: Duration, isPatient: Bool = false) {
        self.signal = signal
        self.grace = grace
        self.isPatient = isPatient
    }
}
