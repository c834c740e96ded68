package import Logging
import NIOConcurrencyHelpers
package import ProviderKit

/// How the clients of one account show who they are: what is known, and what has taken its place once that is refused.
package final class AuthorizationSource: Sendable {
    private struct State {
        var current: Authorization
        /// All that were ever used: a late answer may quote an old one.
        var secrets: [Secret]
        var isRefused = false
    }

    private let state: NIOLockedValueBox<State>
    private let reread: @Sendable (_ refused: Authorization) -> Authorization?

    /// - Parameter reread: Where the credentials are kept, as it is now; nil when that cannot be used.
    package init(
        _ first: Authorization,
        reread: @escaping @Sendable (_ refused: Authorization) -> Authorization? = { _ in nil }
    ) {
        state = NIOLockedValueBox(State(current: first, secrets: [first.secret].compactMap { $0 }))
        self.reread = reread
    }

    /// A token that is read again from where it was found once it is refused.
    ///
    /// - Parameters:
    ///   - reading: The token among credentials that are as they are now; nil when they are of another account.
    ///   - proof: What the refused one has shown, which says nothing of another.
    package convenience init(
        _ token: Secret,
        of credentials: ProviderCredentials,
        _ variables: [CredentialVariable],
        in source: CredentialSource,
        proof: AccountProof? = nil,
        logger: Logger,
        reading: @escaping @Sendable (ProviderCredentials) throws(CredentialError) -> Secret?
    ) {
        self.init(.bearer(token)) { refused in
            do throws(CredentialError) {
                guard let token = try reading(try source.again(credentials, variables)) else { return nil }
                let other = Authorization.bearer(token)
                if other != refused { proof?.forget() }
                return other
            } catch {
                logger.warning("credentials cannot be read again", metadata: ["error": "\(error)"])
                return nil
            }
        }
    }

    package var current: Authorization { state.withLockedValue { $0.current } }

    var secrets: [Secret] { state.withLockedValue { $0.secrets } }

    /// Whether the provider has refused it, and nothing has shown since that it is taken.
    var isRefused: Bool {
        get { state.withLockedValue { $0.isRefused } }
        set { state.withLockedValue { $0.isRefused = newValue } }
    }

    /// What to try instead of one that was refused; nil when there is nothing else.
    func other(than refused: Authorization) -> Authorization? {
        let known = current
        // Another call was quicker.
        guard known == refused else { return known }
        guard let found = reread(refused), found != refused else { return nil }
        return state.withLockedValue { state in
            if state.current == refused {
                state.current = found
                state.secrets += [found.secret].compactMap { $0 }
            }
            return state.current
        }
    }
}
