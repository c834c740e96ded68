import NATSIdentity
import Testing

struct TokenTests {
    private let account = NKey.generate(.account)
    private let user = NKey.generate(.user)
    private let template = UserPermissions(
        publish: SubjectLists(allow: ["a.{{name()}}"]),
        subscribe: SubjectLists(allow: ["b.{{tag(instance)}}"], deny: ["c"]),
        responses: .init(max: 1, within: 60)
    )

    private var token: NATSToken<UserClaims> {
        NATSToken(
            subject: user.publicKey,
            name: "ada",
            issuedAt: 1_800_000_000,
            expiresAt: 1_800_000_600,
            claims: UserClaims(permissions: template, issuerAccount: account.publicKey.text, tags: ["instance:x"])
        )
    }

    @Test func whatWasSignedIsRead() throws {
        let read = try NATSToken<UserClaims>(verifying: token.signed(by: account))
        #expect(read.issuer == account.publicKey && read.subject == user.publicKey && read.name == "ada")
        #expect(read.issuedAt == 1_800_000_000 && read.expiresAt == 1_800_000_600 && read.claims == token.claims)

        let master = NKey.generate(.operator)
        let claims = AccountClaims(
            limits: AccountLimits(jetStream: true),
            signingKeys: [
                .plain(account.publicKey.text), .scoped(account.publicKey.text, role: "r", template: template),
            ],
            revocations: [user.publicKey.text: 17, "*": 3]
        )
        let text = try NATSToken(subject: account.publicKey, name: "A", issuedAt: 5, claims: claims).signed(by: master)
        #expect(try NATSToken<AccountClaims>(verifying: text).claims == claims)
        let own = OperatorClaims(signingKeys: ["O"], systemAccount: "A")
        let operatorText = try NATSToken(subject: master.publicKey, name: "O", issuedAt: 5, claims: own)
            .signed(by: master)
        #expect(try NATSToken<OperatorClaims>(verifying: operatorText).claims == own)
    }

    /// A server that has a token of the same id takes no other.
    @Test func theIdFollowsFromTheRest() throws {
        func id(_ token: NATSToken<UserClaims>) throws -> Substring {
            let body = try #require(Base64URL.decode(token.signed(by: account).split(separator: ".")[1]))
            let text = String(decoding: body, as: UTF8.self)
            return text[try #require(text.firstRange(of: "\"jti\":\"")).upperBound...].prefix { $0 != "\"" }
        }
        var later = token
        later.issuedAt += 1
        var other = token
        other.claims.tags = []
        #expect(try id(token).count == 52 && id(token) == id(token))
        #expect(try Set([id(token), id(later), id(other)]).count == 3)
    }

    @Test func aChangedTokenIsRefused() throws {
        let text = try token.signed(by: account)
        let parts = text.split(separator: ".").map(String.init)
        let body = String(decoding: try #require(Base64URL.decode(parts[1])), as: UTF8.self)
        let forged = Base64URL.encode(Array(body.replacing("1800000600", with: "1900000600").utf8))
        #expect(throws: TokenError.badSignature) {
            _ = try NATSToken<UserClaims>(verifying: [parts[0], forged, parts[2]].joined(separator: "."))
        }
        #expect(throws: TokenError.wrongKind) { _ = try NATSToken<AccountClaims>(verifying: text) }
        let none = Base64URL.encode(Array(#"{"typ":"JWT","alg":"none"}"#.utf8))
        for wrong in ["", "a.b", "\(none).\(parts[1]).", text + "=", text + ".x"] {
            #expect(throws: TokenError.malformed) { _ = try NATSToken<UserClaims>(verifying: wrong) }
        }
    }

    @Test func onlyAnAccountSignsUsers() throws {
        #expect(throws: TokenError.wrongKind) { _ = try token.signed(by: user) }
        #expect(throws: TokenError.wrongKind) { _ = try token.signed(by: NKey.generate(.operator)) }
    }

    @Test func credentialsAreReadBack() throws {
        let text = CredentialsFile(token: try token.signed(by: account), seed: user.seed).text
        let read = try CredentialsFile(text: text)
        #expect(read.seed == user.seed && read.text == text)
        #expect(throws: TokenError.malformed) { _ = try CredentialsFile(text: String(text.prefix(text.count / 2))) }
        #expect(throws: TokenError.malformed) {
            _ = try CredentialsFile(text: CredentialsFile(token: "x", seed: account.seed).text)
        }
    }
}
