import ProviderKit

/// A version of the engine's API: `1.41`.
struct APIVersion: Sendable, Hashable, Comparable {
    /// The newest that this driver was written for.
    static let newest = APIVersion(major: 1, minor: 47)
    /// The oldest that has everything that is used.
    static let oldest = APIVersion(major: 1, minor: 40)

    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major: major, minor: minor)
    }

    /// The newest that both sides know.
    static func negotiated(_ document: VersionDocument) throws(DriverError) -> APIVersion {
        guard let theirs = APIVersion(document.newest) else {
            throw DriverError(.transient, "What answers at DOCKER_HOST does not tell an engine's version.")
        }
        let oldest = document.oldest.flatMap(APIVersion.init) ?? Self.oldest
        guard theirs >= Self.oldest, oldest <= Self.newest else {
            throw DriverError(
                .unsupported,
                "The engine speaks \(oldest.description) to \(theirs.description) of its API, and this driver "
                    + "\(Self.oldest.description) to \(Self.newest.description)."
            )
        }
        return min(theirs, Self.newest)
    }

    static func < (left: APIVersion, right: APIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }
}
