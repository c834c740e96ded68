/// A part of a list.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    /// The items of this part, in the list's order.
    public let items: [Item]
    /// What to pass to get the next part; nil at the end.
    public let nextCursor: String?
}

/// Every item of a list, fetched page by page as they are asked for.
public struct Pages<Item: Codable & Sendable>: AsyncSequence, Sendable {
    /// An item of the list.
    public typealias Element = Item

    let fetch: @Sendable (_ cursor: String?) async throws -> Page<Item>

    /// Starts at the list's beginning.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(fetch: fetch)
    }

    /// Walks through the pages.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let fetch: @Sendable (_ cursor: String?) async throws -> Page<Item>
        private var waiting: ArraySlice<Item> = []
        private var cursor: String?
        private var isLast = false

        fileprivate init(fetch: @escaping @Sendable (_ cursor: String?) async throws -> Page<Item>) {
            self.fetch = fetch
        }

        /// The next item, nil at the end.
        public mutating func next() async throws -> Item? {
            while waiting.isEmpty {
                if isLast { return nil }
                let page = try await fetch(cursor)
                waiting = page.items[...]
                cursor = page.nextCursor
                isLast = page.nextCursor == nil
            }
            return waiting.popFirst()
        }
    }
}
