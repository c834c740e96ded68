import ProviderHTTP
import ProviderKit

extension DaytonaAPI {
    private struct Naming: Sendable, Encodable {
        var name: String
    }

    func volume(named name: String) async throws(DriverError) -> DaytonaVolume? {
        try await found(ProviderCall("get volume", "GET", "/volumes/by-name/\(name)", repeatability: .safe))
    }

    func volume(_ id: String) async throws(DriverError) -> DaytonaVolume? {
        try await found(ProviderCall("get volume", "GET", "/volumes/\(id)", repeatability: .safe))
    }

    /// - Throws: `invalid` when there is one of that name.
    func createVolume(_ name: String) async throws(DriverError) -> DaytonaVolume {
        try await client.json(
            ProviderCall(
                "create volume",
                "POST",
                "/volumes",
                body: .json(Naming(name: name)),
                repeatability: .idempotentByKey
            )
        )
    }
}
