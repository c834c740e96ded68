package import Logging
import NATSClient
package import ServiceHost
import ServiceLifecycle

/// Sees to it that the servers know what the store says of the agents' account, also after either was away.
package struct AuthorityKeeper: Service {
    static let interval = Duration.seconds(15)

    package let authority: AccountAuthority
    private let servers: SystemAccount?
    private let logger: Logger

    /// - Parameter servers: Closed at the end.
    package init(authority: AccountAuthority, servers: SystemAccount?, logger: Logger) {
        self.authority = authority
        self.servers = servers
        self.logger = logger
    }

    /// The one of a gateway's process, as its settings say.
    package init(_ host: ServiceHost) throws {
        let settings = try AuthoritySettings(host.settings)
        let servers = try settings.map { settings in
            SystemAccount(
                NATSOptions(
                    urls: try host.settings.list(.natsURL),
                    name: "gateway/system",
                    credentials: .file(settings.systemCredentials)
                ),
                logger: host.logger
            )
        }
        var realm: AccountRealm?
        if let settings, let servers {
            realm = AccountRealm(account: settings.account, operatorKey: settings.operatorKey, servers: servers)
        }
        self.init(
            authority: AccountAuthority(store: host.store, realm: realm, logger: host.logger),
            servers: servers,
            logger: host.logger
        )
    }

    package func run() async {
        guard let servers else {
            // A service that ends would end the others.
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            // At the start the servers are looked at: they may be others, or have been restored.
            var hasChecked = false
            repeat {
                do {
                    try await authority.push(checks: !hasChecked)
                    hasChecked = true
                } catch is CancellationError {
                    break
                } catch {
                    logger.warning("the servers lag behind the account", metadata: ["error": "\(error)"])
                }
            } while (try? await Task.sleep(for: Self.interval)) != nil
        }
        await servers.close()
    }
}
