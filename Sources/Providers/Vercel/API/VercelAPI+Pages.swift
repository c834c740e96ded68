import ProviderHTTP
import ProviderKit

/// One page of a list, in whatever words.
protocol ListPage: Decodable, Sendable {
    associatedtype Entry: Sendable

    var entries: [Entry] { get }
    var pagination: Pagination { get }
}

extension VercelAPI {
    /// More pages than any project has: who comes here is led in a circle.
    private static let pageLimit = 4_000

    /// The whole of a list; a page may be empty and others follow all the same.
    ///
    /// - Throws: `transient` when it does not end: what a list does not show counts as not there, so half a list is none.
    func all<Page: ListPage>(
        _ type: Page.Type,
        _ name: String,
        _ path: ProviderPath,
        query: [ProviderCall.QueryItem]
    ) async throws(DriverError) -> [Page.Entry] {
        var found: [Page.Entry] = []
        var cursor: String?
        for _ in 0..<Self.pageLimit {
            let call = ProviderCall(
                name,
                "GET",
                path,
                query: query + (cursor.map { [("cursor", $0)] } ?? []),
                repeatability: .safe
            )
            let page: Page = try await self.call { client throws(DriverError) in try await client.json(call) }
            found += page.entries
            guard let next = page.pagination.next else { return found }
            guard next != cursor else { break }
            cursor = next
        }
        throw DriverError(.transient, "A list of Vercel's (\(name)) does not come to its end.")
    }
}
