import Glibc

/// Processes that are to be dead together.
protocol KillTarget: AnyObject {
    /// Sends signals to every living member; false when there is none.
    func signalTree(_ numbers: [Int32]) throws(SystemError) -> Bool

    /// Kills every living member; false when there is none.
    func killTreeNow() throws(SystemError) -> Bool

    func treeIsEmpty() throws(SystemError) -> Bool
}

extension Execution: KillTarget {}

/// Whatever descends from this process, which has to be a subreaper: nobody leaves it.
final class EveryDescendant: KillTarget {
    func signalTree(_ numbers: [Int32]) -> Bool {
        let members = members()
        ProcessSearch.signal(numbers, members: members)
        return !members.isEmpty
    }

    func killTreeNow() -> Bool {
        signalTree([SIGKILL])
    }

    func treeIsEmpty() -> Bool {
        members().isEmpty
    }

    private func members() -> [ProcessSnapshot] {
        ProcessSearch.descendants(in: ProcessSnapshot.all()).filter { !$0.isDead }
    }
}
