package import NATSIdentity
package import ServiceHost

/// The three settings that make a gateway an authority over agents.
package struct AuthoritySettings: Sendable {
    package var account: NKeyPublic
    /// Signs the account's claims.
    package var operatorKey: NKey
    /// The path of the system user's `.creds` file.
    package var systemCredentials: String

    /// Nil when none of the three is set; some of them are a mistake.
    package init?(_ settings: ServiceSettings) throws(ServiceHostError) {
        let file = settings.optional(.natsOperatorKeyFile)
        let credentials = settings.optional(.natsSystemCredentials)
        let account = settings.optional(.natsAccount)
        guard file != nil || credentials != nil || account != nil else { return nil }
        guard let credentials, let account else {
            throw ServiceHostError(
                .configuration,
                "Agents take SANDFLEET_NATS_OPERATOR_KEY_FILE, SANDFLEET_NATS_SYSTEM_CREDENTIALS and "
                    + "SANDFLEET_NATS_ACCOUNT, all three."
            )
        }
        let seed = try settings.fileText(.natsOperatorKeyFile)
        guard let key = NKey(seed: seed), key.kind == .operator else {
            throw ServiceHostError(
                .configuration,
                "\(ConfigurationKey.natsOperatorKeyFile.environmentVariable) names no seed of an operator."
            )
        }
        guard let account = NKeyPublic(account), account.kind == .account else {
            throw ServiceHostError(
                .configuration,
                "\(ConfigurationKey.natsAccount.environmentVariable) is no public key of an account."
            )
        }
        self.account = account
        operatorKey = key
        systemCredentials = credentials
    }
}
