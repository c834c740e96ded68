import CNATS
import Glibc
import NIOConcurrencyHelpers

/// Answers the library's questions for the user's JWT and signature, at the first connect and at each reconnect.
///
/// The connection's context keeps it alive until the closed callback, after which the library asks no more.
///
/// Before version 3.8 the library leaves out a signature that begins with a zero byte, one in 256, and the server refuses
/// right credentials. Such a signature is withheld here: that ends the attempt, and the next one has another nonce.
final class CredentialSource: Sendable {
    private struct State {
        /// The secret that belongs to the token of this attempt.
        var seed: String?
        var isWithheld = false
    }

    private let credentials: NATSCredentials
    private let state = NIOLockedValueBox(State())

    init(_ credentials: NATSCredentials) {
        self.credentials = credentials
    }

    func apply(to options: OptionsPointer) throws {
        switch credentials {
        case .none:
            break
        case .user(let name, let password):
            try options.set("user", natsOptions_SetUserInfo(options.raw, name, password))
        case .file, .jwt:
            let closure = Unmanaged.passUnretained(self).toOpaque()
            let status = natsOptions_SetUserCredentialsCallbacks(options.raw, giveJWT, closure, signNonce, closure)
            try options.set("credentials", status)
        }
    }

    /// Whether a signature was withheld since this was asked last.
    func takeWithheld() -> Bool {
        state.withLockedValue { state in
            defer { state.isWithheld = false }
            return state.isWithheld
        }
    }

    /// Begins an attempt: the token for it.
    fileprivate func token() -> String? {
        let pair: (token: String, seed: String)? =
            switch credentials {
            case .jwt(let token, let seed): (token, seed)
            case .file(let path): CredentialsText.read(path).map { ($0.token, $0.seed) }
            case .none, .user: nil
            }
        state.withLockedValue { $0.seed = pair?.seed }
        return pair?.token
    }

    fileprivate var seed: String? { state.withLockedValue { $0.seed } }
    fileprivate func withhold() { state.withLockedValue { $0.isWithheld = true } }
}

private let giveJWT: natsUserJWTHandler = { token, _, closure in
    guard let token, let closure else { return NATS_INVALID_ARG }
    let source = Unmanaged<CredentialSource>.fromOpaque(closure).takeUnretainedValue()
    guard let value = source.token() else { return NATS_NOT_FOUND }
    // The library frees the copy.
    token.pointee = strdup(value)
    return NATS_OK
}

private let signNonce: natsSignatureHandler = { _, signature, length, nonce, closure in
    guard let signature, let closure else { return NATS_INVALID_ARG }
    let source = Unmanaged<CredentialSource>.fromOpaque(closure).takeUnretainedValue()
    guard let seed = source.seed else { return NATS_NOT_FOUND }
    let status = nats_Sign(seed, nonce, signature, length)
    guard status == NATS_OK, let bytes = signature.pointee, bytes.pointee == 0 else { return status }
    free(bytes)
    signature.pointee = nil
    source.withhold()
    return NATS_ERR
}
