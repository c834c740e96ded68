import FoundationEssentials
package import Model

extension Identifier {
    /// A new id of the present moment.
    package static func now() -> Self {
        var random = SystemRandomNumberGenerator()
        return Self(at: UInt64(max(0, Date().timeIntervalSince1970 * 1000)), using: &random)
    }
}
