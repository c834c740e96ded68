import Glibc

/// The uid and gid that a program runs as.
package struct Account: Sendable, Equatable {
    package let user: UInt32
    package let group: UInt32
    package let name: String

    package static var isRoot: Bool { geteuid() == 0 }

    /// The account for programs that refuse to run as root: `postgres` where it exists, else `nobody`.
    ///
    /// Nil for an ordinary user, whose programs run as that user.
    package static func unprivileged() throws -> Account? {
        guard isRoot else { return nil }
        guard let account = named("postgres") ?? named("nobody") else {
            throw FleetError(
                .notPermitted,
                "Postgres does not run as root, and there is neither a `postgres` nor a `nobody` account to run it as.",
                advice: "Create one (`adduser --system postgres`), or run as an ordinary user."
            )
        }
        return account
    }

    package static func named(_ name: String) -> Account? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return Account(user: record.pw_uid, group: record.pw_gid, name: name)
    }
}
