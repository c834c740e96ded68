import ProviderKit

/// One page of a list, in whatever words.
protocol ListPage: Decodable, Sendable {
    associatedtype Entry: Sendable

    var entries: [Entry] { get }
    var pagination: Pagination { get }
}

extension ListPage {
    /// The whole of a list; a page may be empty and others follow all the same.
    ///
    /// - Parameters:
    ///   - limit: More pages than any project has: who gets there is led in a circle.
    ///   - page: Gets the page behind a cursor; nil is the first.
    /// - Throws: `transient` when it does not end: what a list does not show counts as not there, so half a list is none.
    static func all(
        _ name: String,
        limit: Int = 4_000,
        _ page: (String?) async throws(DriverError) -> Self
    ) async throws(DriverError) -> [Entry] {
        var found: [Entry] = []
        var cursor: String?
        for _ in 0..<limit {
            let next = try await page(cursor)
            found += next.entries
            guard let following = next.pagination.next else { return found }
            guard following != cursor else { break }
            cursor = following
        }
        throw DriverError(.transient, "A list of Vercel's (\(name)) does not come to its end.")
    }
}
