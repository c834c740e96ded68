import NATSIdentity

/// Seeds, tokens and credentials as files.
struct NATSKeyFolder {
    let path: String

    /// The key of that name, made when there is none.
    func key(_ name: String, _ kind: KeyKind) throws(FleetError) -> NKey {
        let file = "\(path)/\(name).seed"
        if let text = TextFile.read(file)?.trimmed, !text.isEmpty {
            guard let key = NKey(seed: text), key.kind == kind else {
                throw FleetError(.data, "\(file) holds no seed of the right kind.")
            }
            return key
        }
        let key = NKey.generate(kind)
        try TextFile.replace(file, with: key.seed)
        return key
    }

    /// The token of that name, made when there is none.
    ///
    /// - Parameter make: Gets the Unix second.
    func token(_ name: String, make: (Int64) throws -> String) throws(FleetError) -> String {
        let file = "\(path)/\(name).jwt"
        if let text = TextFile.read(file)?.trimmed, !text.isEmpty { return text }
        let token = try signed(name, make)
        try TextFile.replace(file, with: token)
        return token
    }

    /// Writes a user's credentials; its key stays the same.
    func writeCredentials(
        _ name: String,
        name user: String,
        _ permissions: UserPermissions,
        signedBy account: NKey
    ) throws(FleetError) {
        let file = "\(path)/\(name).creds"
        let known = TextFile.read(file).flatMap { try? CredentialsFile(text: $0) }
        let key = known.flatMap { NKey(seed: $0.seed) } ?? NKey.generate(.user)
        let token = try signed(name) { seconds in
            try NATSToken(
                subject: key.publicKey,
                name: user,
                issuedAt: seconds,
                claims: UserClaims(permissions: permissions)
            )
            .signed(by: account)
        }
        try TextFile.replace(file, with: CredentialsFile(token: token, seed: key.seed).text)
    }

    private func signed(_ name: String, _ make: (Int64) throws -> String) throws(FleetError) -> String {
        do {
            return try make(Int64(now() / 1000))
        } catch {
            throw FleetError(.data, "\(path)/\(name) cannot be signed: \(error).")
        }
    }
}
