import NIOConcurrencyHelpers

/// What its users know of one sandbox.
final class SandboxLedger: Sendable {
    /// A request that ends its box, from when it was first sent to when it was answered.
    struct Ending: Sendable {
        var name: String
        var began: Double
        var ended: Double?
    }

    /// A command or process that was said to have been lost or killed, between two moments.
    struct Loss: Sendable {
        var what: String
        var reason: String
        var time: ClosedRange<Double>
        /// Whether anybody has seen it run.
        var hasRun: Bool
    }

    private struct State {
        var workspace = Workspace()
        var endings: [Ending] = []
        var losses: [Loss] = []
        var journal: [String] = []
        var isDeleted = false
        var isOver = false
    }

    let id: String
    let key: String
    let kind: SandboxKind
    private let timeline: Timeline
    private let state = NIOLockedValueBox(State())

    init(id: String, key: String, kind: SandboxKind, timeline: Timeline, workspace: Workspace = Workspace()) {
        self.id = id
        self.key = key
        self.kind = kind
        self.timeline = timeline
        state.withLockedValue { $0.workspace = workspace }
    }

    var idles: Bool { kind == .idling }
    var workspace: Workspace { state.withLockedValue(\.workspace) }
    var endings: [Ending] { state.withLockedValue(\.endings) }
    var losses: [Loss] { state.withLockedValue(\.losses) }
    var journal: [String] { state.withLockedValue(\.journal) }
    /// Whether its deletion was asked for.
    var isDeleted: Bool { state.withLockedValue(\.isDeleted) }

    /// Whether nobody can use it any more, although it is there to be read of.
    var isOver: Bool { state.withLockedValue { $0.isOver || $0.isDeleted } }

    func change(_ body: (inout Workspace) -> Void) {
        state.withLockedValue { body(&$0.workspace) }
    }

    func end() {
        state.withLockedValue { $0.isOver = true }
    }

    func delete() {
        state.withLockedValue { $0.isDeleted = true }
    }

    func lost(_ loss: Loss) {
        state.withLockedValue { $0.losses.append(loss) }
    }

    func note(_ text: String) {
        let line = "\(timeline.now.fixed(2)) s  \(text)"
        state.withLockedValue { $0.journal.append(line) }
    }

    /// Sends a request that ends the box; until it is answered, the box may end at any moment.
    func ending<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        let index = state.withLockedValue { state in
            state.endings.append(Ending(name: name, began: timeline.now, ended: nil))
            return state.endings.count - 1
        }
        note("\(name)…")
        let value = try await body()
        state.withLockedValue { $0.endings[index].ended = timeline.now }
        note("\(name) answered")
        return value
    }
}
