import Glibc

/// How a process's descendants are found.
enum ProcessTree {
    /// Exactly.
    case cgroup(ExecutionCgroup)
    /// As far as they can be told from others.
    case search
    /// Not any more: its cgroup was found empty, and may be another's by now.
    case gone
}

extension Execution {
    /// Sends signals to every living member of the tree; false when there is none.
    func signalTree(_ numbers: [Int32]) throws(SystemError) -> Bool {
        switch tree {
        case .cgroup(let cgroup): return try cgroup.signal(numbers)
        case .search:
            let members = ProcessSearch.members(of: self)
            ProcessSearch.signal(numbers, members: members)
            return !members.isEmpty
        case .gone: return false
        }
    }

    /// Kills every living member of the tree; false when there is none.
    func killTreeNow() throws(SystemError) -> Bool {
        switch tree {
        case .cgroup(let cgroup): try cgroup.kill()
        case .search, .gone: try signalTree([SIGKILL])
        }
    }

    func treeIsEmpty() throws(SystemError) -> Bool {
        switch tree {
        case .cgroup(let cgroup): try cgroup.members().isEmpty
        case .search: ProcessSearch.members(of: self).isEmpty
        case .gone: true
        }
    }
}
