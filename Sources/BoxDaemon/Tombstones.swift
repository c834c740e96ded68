/// Ids of processes that must not start, or not again.
struct Tombstones {
    /// When there are more, the oldest are forgotten.
    static let capacity = 10_000

    private var ids: Set<String> = []
    /// In the order of their coming, from `oldest` on round the end.
    private var order: [String] = []
    private var oldest = 0

    func contains(_ id: String) -> Bool {
        ids.contains(id)
    }

    mutating func insert(_ id: String) {
        guard ids.insert(id).inserted else { return }
        guard order.count == Self.capacity else {
            order.append(id)
            return
        }
        ids.remove(order[oldest])
        order[oldest] = id
        oldest = (oldest + 1) % Self.capacity
    }
}
