import Fleet
import NIOConcurrencyHelpers

/// Looks at all boxes of this host ten times a second, from before the first fault to after the last check.
final class BoxWatcher: Sendable {
    private struct State {
        var lives: [BoxLife] = []
        /// Index of the life of each box that lives.
        var current: [String: Int] = [:]
        var samples = 0
        var lastLook = 0.0
        var rivals: [Violation] = []
        var rivalPairs: Set<Set<String>> = []
    }

    private let boxes: HostBoxes
    private let timeline: Timeline
    private let state = NIOLockedValueBox(State())

    init(data: String, timeline: Timeline) {
        boxes = HostBoxes(data: data)
        self.timeline = timeline
    }

    func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    var lives: [BoxLife] { state.withLockedValue(\.lives) }
    var samples: Int { state.withLockedValue(\.samples) }
    /// Moments at which a sandbox had two live boxes.
    var rivals: [Violation] { state.withLockedValue(\.rivals) }

    func look() {
        let before = timeline.now
        let seen = boxes.all().filter { $0.process != nil }
        let after = timeline.now
        state.withLockedValue { state in
            state.samples += 1
            note(seen, before, after, &state)
            state.lastLook = before
        }
        for (sandbox, several) in Dictionary(grouping: seen, by: { $0.sandbox ?? "" }) where several.count > 1 {
            confirm(several, of: sandbox)
        }
    }

    private func note(_ seen: [BoxSight], _ before: Double, _ after: Double, _ state: inout State) {
        let processes = Dictionary(seen.map { ($0.box, $0) }, uniquingKeysWith: { first, _ in first })
        for (box, index) in state.current where processes[box]?.process != state.lives[index].process {
            // What a look has missed may only have been unreadable: the process itself decides.
            if processes[box] == nil, state.lives[index].process.isAlive { continue }
            state.lives[index].ended = state.lastLook...max(after, state.lastLook)
            state.current[box] = nil
        }
        for sight in seen where state.current[sight.box] == nil {
            guard let process = sight.process, let sandbox = sight.sandbox else { continue }
            state.current[sight.box] = state.lives.count
            let began = state.lastLook...max(before, state.lastLook)
            state.lives.append(BoxLife(sandbox: sandbox, box: sight.box, process: process, began: began, ended: nil))
        }
    }

    /// Looks again: who was alive before the others were seen, and still is, was alive with them.
    private func confirm(_ sights: [BoxSight], of sandbox: String) {
        let still = sights.filter { sight in sight.process?.isAlive ?? false }
        guard still.count > 1 else { return }
        let at = timeline.now
        state.withLockedValue { state in
            guard state.rivalPairs.insert(Set(still.map(\.box))).inserted else { return }
            let names = still.map { "\($0.box) (pid \($0.process?.pid ?? 0))" }.joined(separator: " and ")
            state.rivals.append(Violation(.rivalBoxes, sandbox, "\(names) both lived at \(at.fixed(2)) s"))
        }
    }
}
