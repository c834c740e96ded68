import Model
import ProviderKit

/// What a sandbox asks of Vercel alone (`params` of its creation).
struct VercelParameters: Sendable, Hashable {
    static let names = ["persistent", "profile", "runtime", "snapshotExpirationMs", "timeoutMs"]
    /// Milliseconds: a day to ten years, as Vercel has it; 0 is for ever.
    private static let expirations: ClosedRange<Int64> = 86_400_000...315_360_000_000

    var profile: VercelProfile?
    /// A runtime or an image, as it is given.
    var runtime: String?
    var timeout: Duration?
    var isPersistent: Bool?
    /// How long Vercel keeps the snapshots that it takes itself.
    var snapshotExpiration: Duration?

    /// - Throws: `invalid`, naming what cannot be read.
    init(_ spec: SandboxSpec) throws(DriverError) {
        let params = spec.params ?? [:]
        if let word = params["profile"] {
            guard let known = VercelProfile(rawValue: word) else {
                throw Self.refusal("profile", VercelProfile.allCases.map(\.rawValue).joined(separator: " or "))
            }
            profile = known
        }
        if let text = params["runtime"] {
            guard spec.image == nil else { throw Self.refusal("runtime", "left out where there is an image") }
            guard (1...255).contains(text.utf8.count) else { throw Self.refusal("runtime", "1 to 255 bytes long") }
            runtime = text
        }
        if let text = params["timeoutMs"] {
            guard let number = Int64(text), (1_000...86_400_000).contains(number) else {
                throw Self.refusal("timeoutMs", "a number from 1000 to 86400000")
            }
            timeout = .milliseconds(number)
        }
        if let word = params["persistent"] {
            guard let flag = Bool(word) else { throw Self.refusal("persistent", "true or false") }
            isPersistent = flag
        }
        if let text = params["snapshotExpirationMs"] {
            guard let number = Int64(text), number == 0 || Self.expirations.contains(number) else {
                let (least, most) = (Self.expirations.lowerBound, Self.expirations.upperBound)
                throw Self.refusal("snapshotExpirationMs", "0, or a number from \(least) to \(most)")
            }
            snapshotExpiration = .milliseconds(number)
        }
    }

    private static func refusal(_ name: String, _ what: String) -> DriverError {
        DriverError(.invalid, "params.\(name) has to be \(what).")
    }
}
