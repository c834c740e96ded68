import Glibc

/// Gives each process tree a cgroup of its own, below a directory that was handed to us.
///
/// Making and removing one costs a quarter of what a small program costs, so those that are found empty are used again.
final class CgroupPool {
    /// How many are kept for the next processes.
    private static let maximumSpares = 16

    private let directory: Descriptor
    private var spares: [ExecutionCgroup] = []

    /// Left by processes that nobody knows any more, with a daemon in them.
    private var occupied: [ExecutionCgroup] = []
    private var lastNumber: UInt64 = 0

    /// A process was born in one; before that nothing is known of what the kernel allows.
    var isProven = false

    init(_ directory: Descriptor) {
        self.directory = directory
    }

    func take() throws(SystemError) -> ExecutionCgroup {
        if let spare = spares.popLast() {
            return spare
        }
        while true {
            lastNumber += 1
            do {
                return try ExecutionCgroup(named: "\(lastNumber)", in: directory)
            } catch {
                // A predecessor's, in the same directory.
                guard error.code == EEXIST else { throw error }
            }
        }
    }

    /// Nobody asks about its members any more.
    ///
    /// - Parameter isEmpty: It was seen to have none.
    func giveBack(_ cgroup: ExecutionCgroup, isEmpty: Bool) {
        settle(cgroup, isEmpty: isEmpty)
        // A few of the others have their turn, so that many daemons do not cost much.
        for cgroup in occupied.prefix(2) {
            occupied.removeFirst()
            settle(cgroup, isEmpty: cgroup.isEmpty)
        }
    }

    private func settle(_ cgroup: ExecutionCgroup, isEmpty: Bool) {
        if isEmpty, !cgroup.wasKilled, spares.count < Self.maximumSpares {
            spares.append(cgroup)
        } else if !cgroup.remove() {
            occupied.append(cgroup)
        }
    }
}
