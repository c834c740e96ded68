package import Crypto
import FoundationEssentials
package import Model

/// Seals environments and secrets at rest: AES-GCM, bound to the id of what they belong to.
///
/// The sealed form is one byte of version, four bytes that name the key, then nonce, ciphertext and tag; so a key can be
/// replaced while rows of the old one live on.
package struct EnvironmentSealer: Sendable {
    private static let version: UInt8 = 1

    private let current: SymmetricKey
    private let keys: [[UInt8]: SymmetricKey]

    /// - Parameters:
    ///   - key: 32 bytes; seals from now on.
    ///   - retired: Older keys that may still have sealed rows.
    package init(key: SymmetricKey, retired: [SymmetricKey] = []) throws(StoreError) {
        guard ([key] + retired).allSatisfy({ $0.bitCount == 256 }) else {
            throw StoreError(.internal, "a sealing key has to have 32 bytes")
        }
        current = key
        keys = Dictionary(([key] + retired).map { (Self.name(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    package func seal<Kind>(_ environment: [String: String], for owner: Identifier<Kind>) throws -> [UInt8]? {
        guard !environment.isEmpty else { return nil }
        return try seal(JSONEncoder().encode(environment), context: owner.rawValue)
    }

    package func open<Kind>(_ sealed: [UInt8]?, for owner: Identifier<Kind>) throws -> [String: String] {
        guard let sealed else { return [:] }
        let plain = try open(sealed, context: owner.rawValue)
        do {
            return try JSONDecoder().decode([String: String].self, from: plain)
        } catch {
            throw StoreError(.internal, "what is sealed is no environment")
        }
    }

    /// Seals the key that signs a process's webhook; it opens as that and as nothing else.
    func seal(webhookSecret secret: String, of process: ProcessID) throws -> [UInt8] {
        try seal(Data(secret.utf8), context: Self.webhookContext(process))
    }

    func openWebhookSecret(_ sealed: [UInt8], of process: ProcessID) throws -> String {
        String(decoding: try open(sealed, context: Self.webhookContext(process)), as: UTF8.self)
    }

    /// Seals the seed of the key that signs a workspace's agents.
    func seal(signingSeed seed: String, of workspace: WorkspaceID) throws -> [UInt8] {
        try seal(Data(seed.utf8), context: Self.signingContext(workspace))
    }

    func openSigningSeed(_ sealed: [UInt8], of workspace: WorkspaceID) throws -> String {
        String(decoding: try open(sealed, context: Self.signingContext(workspace)), as: UTF8.self)
    }

    /// A key for another purpose, which tells nothing of the one that seals.
    package func derivedKey(for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: current, info: Data(purpose.utf8), outputByteCount: 32)
    }

    private func seal(_ plain: Data, context: String) throws -> [UInt8] {
        let box = try AES.GCM.seal(plain, using: current, authenticating: Array(context.utf8))
        guard let combined = box.combined else { throw StoreError(.internal, "sealing failed") }
        return [Self.version] + Self.name(of: current) + combined
    }

    private func open(_ sealed: [UInt8], context: String) throws -> Data {
        guard sealed.count > 5, sealed[0] == Self.version, let key = keys[Array(sealed[1..<5])] else {
            throw StoreError(.internal, "a value is sealed with an unknown key")
        }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[5...])
            return try AES.GCM.open(box, using: key, authenticating: Array(context.utf8))
        } catch {
            throw StoreError(.internal, "a sealed value does not open")
        }
    }

    private static func webhookContext(_ process: ProcessID) -> String { "webhook/\(process)" }

    private static func signingContext(_ workspace: WorkspaceID) -> String { "nats-signing/\(workspace)" }

    private static func name(of key: SymmetricKey) -> [UInt8] {
        key.withUnsafeBytes { Array(SHA256.hash(data: Array($0)).prefix(4)) }
    }
}
