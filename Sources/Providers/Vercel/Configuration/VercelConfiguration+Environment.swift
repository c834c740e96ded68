package import Model
package import ProviderKit

extension VercelConfiguration {
    private static let prefix = "SANDBOX_VERCEL_"

    /// Takes the variables `SANDBOX_VERCEL_…`, credentials apart.
    ///
    /// - Throws: `CredentialError` that names the variable which cannot be read.
    package init(
        environment: [String: String],
        fleet: FleetID,
        credentials: CredentialSource
    ) throws(CredentialError) {
        self.init(fleet: fleet, credentials: credentials)
        func text(_ name: String) -> String? {
            environment[Self.prefix + name].flatMap { $0.isEmpty ? nil : $0 }
        }
        baseURL = text("BASE_URL") ?? Self.defaultBaseURL
        if let word = text("PROFILE") {
            guard let profile = VercelProfile(rawValue: word) else {
                let words = VercelProfile.allCases.map(\.rawValue).joined(separator: " or ")
                throw CredentialError("\(Self.prefix)PROFILE has to be \(words).")
            }
            self.profile = profile
        }
        name = text("NAME")
        reuse = try Self.flag("REUSE", text("REUSE")) ?? true
        persistent = try Self.flag("PERSISTENT", text("PERSISTENT"))
        timeout = try Self.number("TIMEOUT_MS", text("TIMEOUT_MS"), 1000...86_400_000).map { .milliseconds($0) }
        vcpus = try Self.number("VCPUS", text("VCPUS"), 1...32)
        if let longest = try Self.number("LONGEST_MS", text("LONGEST_MS"), 600_000...86_400_000) {
            longestLife = .milliseconds(longest)
        }
    }

    private static func flag(_ name: String, _ text: String?) throws(CredentialError) -> Bool? {
        switch text?.lowercased() {
        case nil: nil
        case "true", "1": true
        case "false", "0": false
        default: throw CredentialError("\(prefix)\(name) has to be true or false.")
        }
    }

    private static func number(
        _ name: String,
        _ text: String?,
        _ range: ClosedRange<Int>
    ) throws(CredentialError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw CredentialError(
                "\(prefix)\(name) has to be a number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }
}
