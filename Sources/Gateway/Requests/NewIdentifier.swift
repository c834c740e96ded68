import FoundationEssentials
import Model

/// Makes ids of the present moment.
enum ID {
    static func new<Kind>(of kind: Kind.Type = Kind.self) -> Identifier<Kind> {
        var random = SystemRandomNumberGenerator()
        return Identifier(at: UInt64(max(0, Date().timeIntervalSince1970 * 1000)), using: &random)
    }
}
