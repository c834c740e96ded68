package import Model
package import ProviderKit

/// A driver of a provider at which workspaces may have accounts of their own.
package protocol AccountsDriver: Driver {
    associatedtype Account: ProviderAccount

    var accounts: Accounts<Account> { get }
}

extension AccountsDriver {
    package var binding: Binding { accounts.fleets.binding }

    package func binding(for workspace: WorkspaceID) async throws(DriverError) -> Binding {
        try await accounts.account(of: workspace).binding
    }

    package func binding(ofAccount account: String) async -> Binding? {
        await accounts.binding(ofAccount: account)
    }
}
