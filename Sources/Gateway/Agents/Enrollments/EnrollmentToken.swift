import Model
import Store

/// The token that lets one machine in: `sfe_<enrollment>_<secret>`, with 130 random bits.
enum EnrollmentToken {
    private static let prefix = "sfe_"

    static func new(for enrollment: EnrollmentID) -> String {
        // The same alphabet and strength as an API key's.
        "\(prefix)\(enrollment)_\(KeySecret.random())"
    }

    /// Which enrollment it is of; nil for what cannot be one.
    static func enrollment(of token: String) -> EnrollmentID? {
        guard token.hasPrefix(prefix) else { return nil }
        let parts = token.dropFirst(prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        return parts.count == 2 ? EnrollmentID(String(parts[0])) : nil
    }

    static func hash(of token: String) -> [UInt8] { APIKey.hash(of: token) }
}
