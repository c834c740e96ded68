extension Array where Element: Sendable {
    /// The results in the order of the elements; at most so many are worked on at once.
    func concurrentMap<Value: Sendable>(
        atMost limit: Int,
        _ transform: @escaping @Sendable (Element) async -> Value
    ) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { group in
            var results: [Value?] = [Value?](repeating: nil, count: count)
            for (index, element) in enumerated() {
                if index >= limit, let (done, value) = await group.next() { results[done] = value }
                group.addTask { (index, await transform(element)) }
            }
            for await (done, value) in group { results[done] = value }
            return results.compactMap(\.self)
        }
    }
}
