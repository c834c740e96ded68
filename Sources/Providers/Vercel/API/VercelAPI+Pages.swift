import ProviderHTTP
import ProviderKit

extension VercelAPI {
    /// The whole of a list.
    func all<Page: ListPage>(
        _ type: Page.Type,
        _ name: String,
        _ path: ProviderPath,
        query: [ProviderCall.QueryItem]
    ) async throws(DriverError) -> [Page.Entry] {
        try await Page.all(name) { cursor throws(DriverError) in
            let call = ProviderCall(
                name,
                "GET",
                path,
                query: query + (cursor.map { [("cursor", $0)] } ?? []),
                repeatability: .safe
            )
            return try await client.json(call)
        }
    }
}
