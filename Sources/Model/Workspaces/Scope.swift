/// What an API key may do.
///
/// Each includes the ones before it.
package enum Scope: String, Sendable, CaseIterable, Codable, Comparable {
    case read
    case write
    case admin

    private var rank: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .admin: 2
        }
    }

    package static func < (left: Scope, right: Scope) -> Bool { left.rank < right.rank }
}
