/// Names of objects, read as they are asked for; iterated once.
package struct ArchiveListing: AsyncSequence, Sendable {
    package typealias Element = String

    private let page: @Sendable () async throws -> [String]

    /// - Parameter page: Some more names; none at the end.
    package init(page: @escaping @Sendable () async throws -> [String]) {
        self.page = page
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(page: page)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let page: @Sendable () async throws -> [String]
        private var names: ArraySlice<String> = []

        fileprivate init(page: @escaping @Sendable () async throws -> [String]) {
            self.page = page
        }

        package mutating func next() async throws -> String? {
            if names.isEmpty {
                try Task.checkCancellation()
                names = try await page()[...]
            }
            return names.popFirst()
        }
    }
}
