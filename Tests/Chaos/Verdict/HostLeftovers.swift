import Fleet
import FleetTesting
import FoundationEssentials
import Glibc

/// What lies on this host that no row speaks for, and what rows speak of that is not there.
struct HostLeftovers: Sendable {
    let data: String
    let fleet: String
    /// Mounts below the data directory before the first sandbox.
    let mounts: Set<String>

    init(data: String) {
        self.data = data
        fleet = TextFile.read("\(data)/keys/fleet.id")?.trimmed ?? ""
        mounts = Set(Remains(data: data, fleet: nil).mounts)
    }

    /// Every disagreement between the rows and the host; nothing may be under way.
    func disagreements(_ boxes: [FleetRows.Box], archives: [FleetRows.Archive]) -> [String] {
        let sights = HostBoxes(data: data).all()
        let known = Dictionary(boxes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let here = Set(sights.map(\.box))
        var found: [String] = []
        for sight in sights {
            guard let row = known[sight.box] else {
                found.append("box \(sight.box) of \(sight.sandbox ?? "?") has no row, and is \(sight.isAlive ? "alive" : "dead")")
                continue
            }
            let isWanted = row.state == "live" && row.sandboxStatus == "active"
            if sight.isAlive != isWanted {
                found.append("box \(sight.box) is \(sight.isAlive ? "alive" : "dead"), its row \(row.state) (\(row.sandboxStatus))")
            }
        }
        for box in boxes where !here.contains(box.id) { found.append("box \(box.id) is \(box.state) by its row, and not there") }
        // A box that was started in advance has the group that it waited in, under another name.
        let alive = Set(sights.filter(\.isAlive).flatMap { [$0.box] + $0.groups.compactMap(Self.lastComponent) })
        found += groups.filter { !alive.contains($0) }.map { "control group of \($0), which does not live" }
        found += Remains(data: data, fleet: nil).mounts.filter { !mounts.contains($0) }.map { "\($0), not there before" }
        found += names("\(data)/local/trash").map { "trash \($0)" }
        for (form, saved) in [(false, Set(names("\(data)/local/archives"))), (true, objects)] {
            let kept = Set(archives.filter { $0.isPortable == form }.map(\.id))
            found += saved.subtracting(kept).map { "archive \($0) has no row" }
            found += kept.subtracting(saved).map { "archive \($0) has a row, and is not there" }
        }
        found += users.filter { !here.contains($0) }.map { "a host user of box \($0), which is not there" }
        return found
    }

    /// Ids of the portable archives in the archive store.
    private var objects: Set<String> {
        let files = (try? FileManager.default.subpathsOfDirectory(atPath: "\(data)/archive")) ?? []
        let ending = ".tar.zst"
        return Set(
            files.filter { $0.hasSuffix(ending) && !$0.hasPrefix("+incoming") }
                .compactMap { $0.split(separator: "/").last.map { String($0.dropLast(ending.count)) } }
        )
    }

    /// Ids of boxes that have control groups.
    private var groups: Set<String> {
        let all = Remains(data: data, fleet: fleet).controlGroups
        return Set(
            all.compactMap { line -> String? in
                let parts = line.split(separator: "/").map(String.init)
                return parts.first { $0.utf8.count == 26 && $0 != fleet }
            }
        )
    }

    private var users: [String] {
        let registry = "/var/lib/sandfleet/users"
        return names(registry)
            .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(registry)/\($0)") }
            .filter { $0.hasPrefix("\(data)/") }
            .compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    private static func lastComponent(_ path: String) -> String? { path.split(separator: "/").last.map(String.init) }

    private func names(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }
}
