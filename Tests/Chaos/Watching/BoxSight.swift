import Fleet
import FoundationEssentials
import Glibc

/// One box as its directory on this host shows it.
struct BoxSight: Sendable {
    /// What the driver keeps beside a box's files, as far as it matters here.
    private struct Record: Decodable {
        struct Tag: Decodable {
            var sandbox: String
        }
        struct Process: Decodable {
            var pid: Int32
            var startTime: UInt64
        }
        struct Group: Decodable {
            var unified: String?
            var legacy: [String]
        }

        var tag: Tag
        var state: String
        var process: Process?
        var group: Group?
    }

    var box: String
    /// Nil while its record has not been written.
    var sandbox: String?
    /// What its record says, as in `running`.
    var state: String?
    /// Its first process, when that is alive.
    var process: ProcessIdentity?
    /// Processes that live in its control groups.
    var members: [Int32] = []
    var groups: [String] = []

    var isAlive: Bool { process != nil || !members.isEmpty }

    init(box: String, directory: String) {
        self.box = box
        guard let text = TextFile.read("\(directory)/box.json"),
            let record = try? JSONDecoder().decode(Record.self, from: Data(text.utf8))
        else { return }
        sandbox = record.tag.sandbox
        state = record.state
        // Its pid alone may be anybody's by now.
        if let first = record.process, let found = ProcessIdentity(pid: first.pid), found.startTicks == first.startTime {
            process = found
        }
        groups = (record.group?.unified.map { [$0] } ?? []) + (record.group?.legacy ?? [])
        members = Set(groups.flatMap(Self.members)).sorted()
    }

    private static func members(of group: String) -> [Int32] {
        (TextFile.read("\(group)/cgroup.procs") ?? "").split(separator: "\n").compactMap { Int32($0) }
            .filter { ProcessIdentity(pid: $0) != nil }
    }
}

/// All boxes below one data directory.
struct HostBoxes: Sendable {
    let data: String

    var folder: String { "\(data)/local/boxes" }

    func all() -> [BoxSight] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { BoxSight(box: $0, directory: "\(folder)/\($0)") }
    }

    func sight(_ box: String) -> BoxSight { BoxSight(box: box, directory: "\(folder)/\(box)") }
}
