/// Who the connection is to the server.
package enum NATSCredentials: Sendable {
    case none
    case user(String, password: String)
    /// A user JWT and the seed of its key, which signs the server's nonce.
    case jwt(String, seed: String)
    /// A `.creds` file, read again on every reconnect.
    case file(String)
}

extension NATSCredentials: CustomStringConvertible, CustomDebugStringConvertible {
    /// Names the kind only: the values are secrets.
    package var description: String {
        switch self {
        case .none: "none"
        case .user(let name, _): "user \(name)"
        case .jwt: "jwt"
        case .file(let path): "file \(path)"
        }
    }

    package var debugDescription: String { description }
}
