/// How much output may be held for all processes of an engine together.
///
/// Many processes that nobody reads would otherwise hold a window each. Beyond the limit a process gets a small one, enough
/// to go on as its reader does.
final class OutputBudget {
    static let smallWindow = 16 << 10

    private let limit: Int
    private var held = 0

    /// Those that wait because there is no more than a small window for them.
    private var waiting: [ObjectIdentifier: Execution] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    func window(of wanted: Int) -> Int {
        held < limit ? wanted : min(wanted, Self.smallWindow)
    }

    func add(_ count: Int) {
        held += count
    }

    func free(_ count: Int) {
        held -= count
        guard held < limit, !waiting.isEmpty else { return }
        let resumed = waiting.values
        waiting = [:]
        for execution in resumed {
            execution.resumeReading()
        }
    }

    func wait(_ execution: Execution) {
        if held >= limit {
            waiting[ObjectIdentifier(execution)] = execution
        }
    }

    func forget(_ execution: Execution) {
        waiting[ObjectIdentifier(execution)] = nil
    }
}
