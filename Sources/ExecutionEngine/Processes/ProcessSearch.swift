import CLinux
import Glibc

/// Finds what a process has left behind where it has no cgroup.
///
/// A descendant is known by its session, its parent or the marker in its environment. A daemon that has changed its session
/// and lost its parent still has the marker; one that has cleared its environment too is found only where trees are marked.
enum ProcessSearch {
    /// The variable that each process is started with.
    static let marker = "SANDFLEET_EXEC"

    static let markerName = Array("\(marker)=".utf8)

    /// The living members of the tree.
    static func members(of execution: Execution) -> [ProcessSnapshot] {
        let own = getpid()
        var all = ProcessSnapshot.all().filter { $0.process != own && $0.process != 1 }
        if execution.mark != nil {
            // The machine is not ours, and nobody leaves a subreaper.
            all = descendants(in: all)
        }
        let entry = "\(marker)=\(execution.id)"
        let leader = execution.process
        // A session's id stays taken as long as it has members. When our leader has been reaped and a process has its
        // id, the session had become empty, and the id is a stranger's.
        let isSessionOurs = execution.isAlive || !all.contains { $0.process == leader }
        var members: Set<Int32> = []
        for snapshot in all
        where (isSessionOurs && snapshot.session == leader) || snapshot.hasEnvironment(entry)
            || execution.mark.map({ TreeMarks.isMarked(snapshot.process, with: $0) }) ?? false
        {
            members.insert(snapshot.process)
        }
        addChildren(to: &members, from: all)
        return all.filter { members.contains($0.process) && !$0.isDead }
    }

    /// Whatever descends from this process.
    static func descendants(in all: [ProcessSnapshot]) -> [ProcessSnapshot] {
        let own = getpid()
        var members: Set<Int32> = [own]
        addChildren(to: &members, from: all)
        return all.filter { $0.process != own && members.contains($0.process) }
    }

    private static func addChildren(to members: inout Set<Int32>, from all: [ProcessSnapshot]) {
        var hasGrown = true
        while hasGrown {
            hasGrown = false
            for snapshot in all where members.contains(snapshot.parent) && members.insert(snapshot.process).inserted {
                hasGrown = true
            }
        }
    }

    /// Sends signals to exactly these processes, not to successors of the same id.
    static func signal(_ numbers: [Int32], members: [ProcessSnapshot]) {
        for member in members {
            guard let descriptor = try? Descriptor(owning: linux_pidfd_open(member.process)),
                ProcessSnapshot(process: member.process)?.startTime == member.startTime
            else { continue }
            for number in numbers {
                _ = linux_pidfd_send_signal(descriptor.number, number)
            }
        }
    }
}
