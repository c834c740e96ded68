import Model
import NIOConcurrencyHelpers

/// Which programs run on this machine, or are about to: the limit is the machine's, and each keeper knows its own only.
final class RunningProcesses: Sendable {
    private struct Sandbox {
        /// As the keeper has last said, with what was started since.
        var running: Set<String> = []
        /// Starts that are under way, and how many have asked for each.
        var starting: [String: Int] = [:]
        /// When what the keeper may not have told yet was started.
        var startedAt: [String: UInt64] = [:]

        var count: Int { running.count + starting.keys.count { !running.contains($0) } }
    }

    private struct State {
        var sandboxes: [SandboxID: Sandbox] = [:]
        var moment: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    var count: Int { state.withLockedValue { $0.sandboxes.values.reduce(0) { $0 + $1.count } } }

    /// Takes a place for a start; ``settle(_:in:mayRun:)`` has to follow.
    ///
    /// - Parameter limit: 0 is no limit. One that has a place already has no need of another.
    func reserve(_ process: String, in sandbox: SandboxID, limit: Int) -> Bool {
        state.withLockedValue { state in
            var one = state.sandboxes[sandbox] ?? Sandbox()
            let isKnown = one.running.contains(process) || one.starting[process] != nil
            guard isKnown || limit == 0 || state.sandboxes.values.reduce(0, { $0 + $1.count }) < limit else {
                return false
            }
            one.starting[process, default: 0] += 1
            state.sandboxes[sandbox] = one
            return true
        }
    }

    /// - Parameter mayRun: Nobody says that it does not; the keeper's next word decides.
    func settle(_ process: String, in sandbox: SandboxID, mayRun: Bool) {
        state.withLockedValue { state in
            guard var one = state.sandboxes[sandbox] else { return }
            one.starting[process] = one.starting[process].flatMap { $0 > 1 ? $0 - 1 : nil }
            if mayRun {
                state.moment += 1
                one.running.insert(process)
                one.startedAt[process] = state.moment
            }
            state.sandboxes[sandbox] = one
        }
    }

    /// To be taken before a keeper is asked what runs.
    var moment: UInt64 { state.withLockedValue(\.moment) }

    /// What a keeper has said; what was started after `moment` it may not have known.
    func set(_ running: Set<String>, in sandbox: SandboxID, asOf moment: UInt64) {
        state.withLockedValue { state in
            var one = state.sandboxes[sandbox] ?? Sandbox()
            one.startedAt = one.startedAt.filter { $0.value > moment }
            one.running = running.union(one.startedAt.keys)
            state.sandboxes[sandbox] = one.count == 0 ? nil : one
        }
    }
}
