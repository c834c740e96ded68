import CNATS
import Glibc

/// Answers the library's questions for the user's JWT and signature, at the first connect and at each reconnect.
///
/// The connection's context keeps it alive until the closed callback, after which the library asks no more.
final class CredentialSource: Sendable {
    private let credentials: NATSCredentials

    init(_ credentials: NATSCredentials) {
        self.credentials = credentials
    }

    func apply(to options: OptionsPointer) throws {
        switch credentials {
        case .none:
            break
        case .user(let name, let password):
            try options.set("user", natsOptions_SetUserInfo(options.raw, name, password))
        case .file(let path):
            try options.set("credentials", natsOptions_SetUserCredentialsFromFiles(options.raw, path, nil))
        case .jwt:
            let closure = Unmanaged.passUnretained(self).toOpaque()
            let status = natsOptions_SetUserCredentialsCallbacks(options.raw, giveJWT, closure, signNonce, closure)
            try options.set("credentials", status)
        }
    }

    fileprivate var token: String? {
        if case .jwt(let token, _) = credentials { token } else { nil }
    }

    fileprivate var seed: String? {
        if case .jwt(_, let seed) = credentials { seed } else { nil }
    }
}

private let giveJWT: natsUserJWTHandler = { token, _, closure in
    guard let token, let closure else { return NATS_INVALID_ARG }
    let source = Unmanaged<CredentialSource>.fromOpaque(closure).takeUnretainedValue()
    guard let value = source.token else { return NATS_NOT_FOUND }
    // The library frees the copy.
    token.pointee = strdup(value)
    return NATS_OK
}

private let signNonce: natsSignatureHandler = { _, signature, length, nonce, closure in
    guard let closure else { return NATS_INVALID_ARG }
    let source = Unmanaged<CredentialSource>.fromOpaque(closure).takeUnretainedValue()
    guard let seed = source.seed else { return NATS_NOT_FOUND }
    return nats_Sign(seed, nonce, signature, length)
}
