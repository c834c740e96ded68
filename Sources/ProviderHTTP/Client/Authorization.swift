package import ProviderKit

/// How a client shows who it is.
package enum Authorization: Sendable, Hashable {
    case none
    case bearer(Secret)
    case header(name: String, Secret)

    var field: (name: String, value: String)? {
        switch self {
        case .none: nil
        case .bearer(let token): ("Authorization", "Bearer \(token.reveal())")
        case .header(let name, let value): (name, value.reveal())
        }
    }

    var secret: Secret? {
        switch self {
        case .none: nil
        case .bearer(let secret), .header(_, let secret): secret
        }
    }
}
