import Model
import NATSIdentity
import NIOConcurrencyHelpers

@testable import Gateway

/// Servers of a bus that hold one account, and refuse nothing that its operator has signed.
final class MemoryServers: AccountServers {
    let operatorKey = NKey.generate(.operator)
    let account = NKey.generate(.account).publicKey
    private let token: NIOLockedValueBox<String>
    private let isAway = NIOLockedValueBox(false)

    init() throws {
        let claims = AccountClaims(limits: AccountLimits(jetStream: true))
        token = NIOLockedValueBox(
            try NATSToken(subject: account, name: "FLEET", issuedAt: 1, claims: claims).signed(by: operatorKey)
        )
    }

    var realm: AccountRealm { AccountRealm(account: account, operatorKey: operatorKey, servers: self) }

    /// What the account's claims say now.
    var claims: AccountClaims {
        get throws { try NATSToken<AccountClaims>(verifying: token.withLockedValue { $0 }).claims }
    }

    func goAway(_ away: Bool) { isAway.withLockedValue { $0 = away } }

    /// Whether a server would let this token in.
    func admits(_ text: String) throws -> NATSToken<UserClaims>? {
        let user = try NATSToken<UserClaims>(verifying: text)
        let claims = try claims
        let isKnown = claims.signingKeys.contains { key in
            guard case .scoped(let text, _, _) = key else { return false }
            return text == user.issuer?.text
        }
        guard isKnown, user.issuedAt > claims.revocations[user.subject.text] ?? 0 else { return nil }
        return user
    }

    func claims(of account: NKeyPublic) async throws -> String? {
        try check()
        return account == self.account ? token.withLockedValue { $0 } : nil
    }

    func update(_ token: String) async throws {
        try check()
        guard try NATSToken<AccountClaims>(verifying: token).issuer == operatorKey.publicKey else {
            throw Fault(.busUnavailable, "Not the operator's.")
        }
        self.token.withLockedValue { $0 = token }
    }

    private func check() throws {
        if isAway.withLockedValue({ $0 }) { throw Fault(.busUnavailable, "The servers are away.") }
    }
}
