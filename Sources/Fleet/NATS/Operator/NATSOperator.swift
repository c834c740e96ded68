package import NATSIdentity

/// The keys of a nats-server in operator mode, made once and kept: who runs it, its two accounts, and a user a role.
///
/// Everything lies in one folder, mode 0600. The seeds of the operator itself and of the account could live elsewhere; here
/// one directory is the whole fleet.
package struct NATSOperator: Sendable {
    /// The tokens that the server's configuration holds.
    package let operatorToken: String
    package let systemAccount: NKeyPublic
    package let systemAccountToken: String
    /// The account of services and agents.
    package let account: NKeyPublic
    /// As it was at first: the resolver keeps what was pushed since.
    package let accountToken: String
    private let folder: String

    /// Finds the keys or makes them, and writes each role's credentials anew: its lists may have changed with an upgrade.
    package init(folder: String, roles: [NATSRole]) throws(FleetError) {
        self.folder = folder
        let store = NATSKeyFolder(path: folder)
        let master = try store.key("nats-operator", .operator)
        let signing = try store.key("nats-operator-signing", .operator)
        let system = try store.key("nats-system-account", .account)
        let fleet = try store.key("nats-account", .account)
        systemAccount = system.publicKey
        account = fleet.publicKey
        operatorToken = try store.token("nats-operator") { seconds in
            let claims = OperatorClaims(
                signingKeys: [signing.publicKey.text],
                systemAccount: system.publicKey.text
            )
            return try NATSToken(subject: master.publicKey, name: "sandfleet", issuedAt: seconds, claims: claims)
                .signed(by: master)
        }
        systemAccountToken = try store.token("nats-system-account") { seconds in
            let claims = AccountClaims(limits: AccountLimits(jetStream: false))
            return try NATSToken(subject: system.publicKey, name: "SYS", issuedAt: seconds, claims: claims)
                .signed(by: signing)
        }
        accountToken = try store.token("nats-account") { seconds in
            let claims = AccountClaims(limits: AccountLimits(jetStream: true))
            return try NATSToken(subject: fleet.publicKey, name: "FLEET", issuedAt: seconds, claims: claims)
                .signed(by: signing)
        }
        let everything = UserPermissions(
            publish: SubjectLists(allow: [">"]),
            subscribe: SubjectLists(allow: [">"])
        )
        try store.writeCredentials("nats-system", name: "system", everything, signedBy: system)
        for role in roles {
            try store.writeCredentials("nats-\(role.name)", name: role.name, UserPermissions(role), signedBy: fleet)
        }
    }

    /// The accounts as a server's configuration names them.
    ///
    /// - Parameter directory: Where the server keeps what is pushed to it.
    package func accounts(directory: String) -> NATSServerConfiguration.Accounts {
        NATSServerConfiguration.Accounts(
            operatorToken: operatorToken,
            systemAccount: systemAccount.text,
            tokens: [systemAccount.text: systemAccountToken, account.text: accountToken],
            directory: directory
        )
    }

    /// The `.creds` file of a role.
    package func credentialsFile(_ role: String) -> String { "\(folder)/nats-\(role).creds" }
    /// The `.creds` file of the user of the system account.
    package var systemCredentialsFile: String { "\(folder)/nats-system.creds" }
    /// The seed of the key that signs accounts.
    package var signingKeyFile: String { "\(folder)/nats-operator-signing.seed" }
}

extension UserPermissions {
    /// The lists of a role; it has to name what it may use.
    init(_ role: NATSRole) {
        self.init(
            publish: SubjectLists(allow: Self.list(role.publish)),
            subscribe: SubjectLists(allow: Self.list(role.subscribe)),
            // The server's own meaning of `allow_responses: true`, in the other mode.
            responses: role.allowResponses ? Responses(max: 1, within: 120) : nil
        )
    }

    /// An empty allow-list would allow everything: name a subject that nobody uses.
    private static func list(_ subjects: [String]) -> [String] { subjects.isEmpty ? ["_NONE"] : subjects }
}
