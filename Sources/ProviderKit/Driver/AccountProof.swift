import NIOConcurrencyHelpers

/// Whether this process's credentials have shown what belongs to the account that the settings name.
///
/// What they have shown once they stand for until others take their place. Without that a listing with nothing in it may be
/// another account's, and a NotFound proves nothing.
package final class AccountProof: Sendable {
    private let account: String
    private let isProven = NIOLockedValueBox(false)

    package init(account: String) {
        self.account = account
    }

    /// An answer was about something of this account.
    ///
    /// - Throws: `unauthorized` when it is another one.
    package func see(_ account: String) throws(DriverError) {
        guard account == self.account else {
            throw DriverError(.unauthorized, "The credentials are for another account than the settings name.")
        }
        isProven.withLockedValue { $0 = true }
    }

    /// Other credentials have taken the place of those that have shown something.
    package func forget() {
        isProven.withLockedValue { $0 = false }
    }

    /// - Parameter shown: The account of something that a listing shows now; nil when it shows nothing.
    /// - Throws: `transient` as long as nothing has shown whose the credentials are.
    package func confirm(_ shown: String?) throws(DriverError) {
        if let shown { return try see(shown) }
        guard isProven.withLockedValue({ $0 }) else {
            throw DriverError(
                .transient,
                "Nothing shows yet that the credentials are of the account that the settings name: what they do not find may be there."
            )
        }
    }
}
