import Crypto
import FoundationEssentials

/// A NATS JWT of version 2: claims about a key, signed by another key.
package struct NATSToken<Claims: NATSClaims>: Sendable, Hashable {
    /// Whom the claims are about.
    package var subject: NKeyPublic
    package var name: String
    /// Unix seconds.
    package var issuedAt: Int64
    /// Unix seconds; nil is never.
    package var expiresAt: Int64?
    package var claims: Claims
    /// Who signed it, once it is signed.
    package private(set) var issuer: NKeyPublic?

    package init(
        subject: NKeyPublic,
        name: String,
        issuedAt: Int64,
        expiresAt: Int64? = nil,
        claims: Claims
    ) {
        self.subject = subject
        self.name = name
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.claims = claims
    }

    /// The text of the token.
    package func signed(by key: NKey) throws -> String {
        guard Claims.issuers.contains(key.kind), subject.kind == Claims.subject else { throw TokenError.wrongKind }
        var body = TokenBody(
            jti: "",
            iat: issuedAt,
            exp: expiresAt,
            iss: key.publicKey.text,
            name: name,
            sub: subject.text,
            nats: claims
        )
        // A store keeps one of two tokens of the same id: the id follows from all the rest.
        body.jti = Base32.encode(SHA256.hash(data: try TokenJSON.encode(body)))
        let parts = [try TokenJSON.encode(TokenHeader()), try TokenJSON.encode(body)]
        let message = parts.map { Base64URL.encode($0) }.joined(separator: ".")
        return message + "." + Base64URL.encode(try key.sign(Array(message.utf8)))
    }

    /// Reads a token whose signature is good; whether its issuer is to be trusted is the caller's to say.
    package init(verifying text: String) throws(TokenError) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let content = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]),
            let known = TokenJSON.decode(TokenHeader.self, header), known == TokenHeader()
        else { throw .malformed }
        guard let kind = TokenJSON.decode(TokenKind.self, content), kind.nats.version == 2 else { throw .malformed }
        guard kind.nats.type == Claims.type else { throw .wrongKind }
        guard let body = TokenJSON.decode(TokenBody<Claims>.self, content), let issuer = NKeyPublic(body.iss),
            let subject = NKeyPublic(body.sub)
        else { throw .malformed }
        guard Claims.issuers.contains(issuer.kind), subject.kind == Claims.subject,
            issuer.verify(signature, of: Array("\(parts[0]).\(parts[1])".utf8))
        else { throw .badSignature }
        self.init(
            subject: subject,
            name: body.name ?? "",
            issuedAt: body.iat,
            expiresAt: body.exp,
            claims: body.nats
        )
        self.issuer = issuer
    }
}

private struct TokenHeader: Codable, Hashable {
    var typ = "JWT"
    var alg = "ed25519-nkey"
}

/// The registered names of RFC 7519, and the claims.
private struct TokenBody<Claims: NATSClaims>: Codable {
    var jti: String
    var iat: Int64
    var exp: Int64?
    var iss: String
    var name: String?
    var sub: String
    var nats: Claims
}

private struct TokenKind: Decodable {
    struct Claims: Decodable {
        var type: String
        var version: Int
    }

    var nats: Claims
}

private enum TokenJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
