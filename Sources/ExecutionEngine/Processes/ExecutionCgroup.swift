import CLinux
import Glibc

/// A cgroup2 directory of one process tree.
///
/// A process cannot leave it by changing its session, its parent or its environment.
final class ExecutionCgroup {
    /// How many members are held by descriptor at a time.
    private static let batch = 64

    let directory: Descriptor
    private let parent: Descriptor
    private let name: String

    /// What was killed once is not used again: Linux kills what is born into it.
    private(set) var wasKilled = false

    init(named name: String, in parent: Descriptor) throws(SystemError) {
        self.parent = parent
        self.name = name
        guard mkdirat(parent.number, name, 0o755) == 0 else { throw .current }
        do {
            directory = try Descriptor(owning: openat(parent.number, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        } catch {
            unlinkat(parent.number, name, AT_REMOVEDIR)
            throw error
        }
    }

    /// The living members, as this process numbers them.
    func members() throws(SystemError) -> [Int32] {
        try ProcFile.read("cgroup.procs", in: directory).split(separator: UInt8(ascii: "\n"))
            .compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }

    /// False also when it cannot be told.
    var isEmpty: Bool { (try? members().isEmpty) ?? false }

    /// Sends signals to every member; false when there is none.
    func signal(_ numbers: [Int32]) throws(SystemError) -> Bool {
        var rest = try members()[...]
        let found = !rest.isEmpty
        while !rest.isEmpty {
            let held = rest.prefix(Self.batch)
                .compactMap { member in
                    (try? Descriptor(owning: linux_pidfd_open(member))).map { (member, $0) }
                }
            rest = rest.dropFirst(Self.batch)
            // Looked at again with the hold in hand: an id that went to a stranger meanwhile is not a member now.
            let current = Set(try members())
            for (member, descriptor) in held where current.contains(member) {
                for number in numbers {
                    _ = linux_pidfd_send_signal(descriptor.number, number)
                }
            }
        }
        return found
    }

    /// Kills every member at once, those included that are being born; false when there is none.
    func kill() throws(SystemError) -> Bool {
        guard try !members().isEmpty else { return false }
        wasKilled = true
        do {
            try write("1", to: "cgroup.kill")
        } catch {
            guard error.code == ENOENT else { throw error }
            try freezeAndKill()
        }
        return true
    }

    /// For kernels before 5.14.
    ///
    /// Nobody who is frozen makes children; what was born before is found by the next look.
    func freezeAndKill() throws(SystemError) {
        try write("1", to: "cgroup.freeze")
        _ = try signal([SIGKILL])
        try write("0", to: "cgroup.freeze")
    }

    /// Succeeds once nobody is left in it.
    func remove() -> Bool {
        unlinkat(parent.number, name, AT_REMOVEDIR) == 0
    }

    private func write(_ text: String, to file: String) throws(SystemError) {
        let file = try Descriptor(owning: openat(directory.number, file, O_WRONLY | O_CLOEXEC))
        guard Glibc.write(file.number, text, text.utf8.count) == text.utf8.count else { throw .current }
    }
}
