package import Logging
package import Model
import NIOConcurrencyHelpers
package import ProviderKit

/// The accounts at one provider that a driver has credentials of: the fleet's, and those of workspaces that have their own.
///
/// Credentials are read again with each use, so that a workspace's are seen when they are put there, and not used any more once
/// they are taken away.
package final class Accounts<Account: ProviderAccount>: Sendable {
    /// Makes an account usable.
    package typealias Meet = @Sendable (ProviderCredentials) async throws -> Account

    private struct Known {
        let credentials: ProviderCredentials
        let account: Account
    }

    /// How many are asked at once: one that hangs keeps few others waiting.
    private static var atOnce: Int { 8 }

    /// The fleet's own.
    package let fleets: Account
    private let provider: String
    private let variables: [CredentialVariable]
    private let source: CredentialSource
    private let logger: Logger
    private let meet: Meet
    private let known = NIOLockedValueBox<[WorkspaceID: Known]>([:])

    /// - Throws: What is wrong with the fleet's credentials.
    package init(
        of provider: String,
        _ variables: [CredentialVariable],
        in source: CredentialSource,
        logger: Logger,
        meet: @escaping Meet
    ) async throws {
        self.provider = provider
        self.variables = variables
        self.source = source
        self.logger = logger
        self.meet = meet
        fleets = try await meet(try source.credentials(of: provider, variables))
    }

    /// That of a workspace: its own, or the fleet's.
    ///
    /// - Throws: `unauthorized` when its own credentials cannot be used; the fleet's do not take their place.
    package func account(of workspace: WorkspaceID?) async throws(DriverError) -> Account {
        guard let workspace else { return fleets }
        do {
            let credentials = try source.credentials(of: provider, variables, for: workspace)
            guard credentials.workspace == workspace else {
                known.withLockedValue { $0[workspace] = nil }
                return fleets
            }
            if let known = known.withLockedValue({ $0[workspace] }), known.credentials == credentials {
                return known.account
            }
            let account = try await meet(credentials)
            known.withLockedValue { $0[workspace] = Known(credentials: credentials, account: account) }
            return account
        } catch let error as DriverError {
            throw error
        } catch {
            // Says where the file lies, which is no business of a workspace's.
            logger.warning(
                "a workspace's credentials cannot be used",
                metadata: ["provider": "\(provider)", "workspace": "\(workspace)", "error": "\(error)"]
            )
            throw DriverError(.unauthorized, "The workspace's credentials for \(provider) cannot be used.")
        }
    }

    /// The account under which the box of an envelope was made.
    ///
    /// - Throws: Why nothing can be said about it, when there are no credentials of that one.
    package func account(holding envelope: Envelope) async throws(DriverError) -> Account {
        let found = await first { $0.obstacle(to: envelope) == nil }
        if let found { return found }
        throw fleets.binding.obstacle(to: envelope)
            ?? DriverError(.unauthorized, "The credentials of this worker do not reach the box.")
    }

    /// One account; nil when there are no credentials of it.
    package func account(named name: String) async -> Account? { await first { $0.account == name } }

    /// Under what an account's boxes are seen; nil when there are no credentials of it.
    package func binding(ofAccount account: String) async -> Binding? { await self.account(named: account)?.binding }

    /// Each account once, however many workspaces share it, by credentials that are not refused; what cannot be used now is left
    /// out.
    package func all() async -> [Account] {
        var accounts = [fleets]
        let workspaces: [WorkspaceID]
        do {
            workspaces = try source.workspaces(of: provider)
        } catch {
            logger.warning("credentials of workspaces are not seen", metadata: ["error": "\(error)"])
            return accounts
        }
        let met = await workspaces.concurrentMap(atMost: Self.atOnce) { workspace in await self.met(workspace) }
        for account in met.compactMap(\.self) {
            if let same = accounts.firstIndex(where: { $0.binding == account.binding }) {
                if accounts[same].isRefused, !account.isRefused { accounts[same] = account }
            } else {
                accounts.append(account)
            }
        }
        return accounts
    }

    /// Nil for one that cannot be used now.
    private func met(_ workspace: WorkspaceID) async -> Account? {
        do {
            return try await account(of: workspace)
        } catch {
            logger.warning(
                "a workspace's account is passed over",
                metadata: ["provider": "\(provider)", "workspace": "\(workspace)", "error": "\(error)"]
            )
            return nil
        }
    }

    /// Asks each account, several side by side; what a workspace's own does not answer is left out, for nobody else's sake.
    ///
    /// - Returns: What they have answered, the fleet's first.
    package func gather<Value: Sendable>(
        _ what: String,
        _ ask: @escaping @Sendable (Account) async throws(DriverError) -> [Value]
    ) async throws(DriverError) -> [Value] {
        let answers = await all()
            .concurrentMap(atMost: Self.atOnce) { account in (account.binding, await Self.asked(account, ask)) }
        var values: [Value] = []
        for (binding, answer) in answers {
            do throws(DriverError) {
                values += try answer.get()
            } catch {
                guard binding != fleets.binding else { throw error }
                logger.warning(
                    "a workspace's account does not answer",
                    metadata: [
                        "provider": "\(provider)", "account": "\(binding.account)", "what": "\(what)",
                        "error": "\(error)",
                    ]
                )
            }
        }
        return values
    }

    private static func asked<Value: Sendable>(
        _ account: Account,
        _ ask: @Sendable (Account) async throws(DriverError) -> [Value]
    ) async -> Result<[Value], DriverError> {
        do throws(DriverError) {
            return .success(try await ask(account))
        } catch {
            return .failure(error)
        }
    }

    /// By credentials that are not refused, where several reach the account.
    private func first(_ isWanted: (Binding) -> Bool) async -> Account? {
        var refused: Account?
        if isWanted(fleets.binding) {
            guard fleets.isRefused else { return fleets }
            refused = fleets
        }
        // Before all are looked at: those that were met already, if their credentials are there yet.
        let candidates = known.withLockedValue { known in
            known.filter { isWanted($0.value.account.binding) }.keys.sorted()
        }
        for workspace in candidates {
            do {
                let account = try await account(of: workspace)
                guard isWanted(account.binding) else { continue }
                guard account.isRefused else { return account }
                refused = refused ?? account
            } catch {
                // Said in the log; another workspace may share the account.
            }
        }
        return await all().first { isWanted($0.binding) && !$0.isRefused } ?? refused
    }
}
