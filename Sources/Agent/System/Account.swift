import Glibc

/// An account of this machine.
struct Account: Sendable, Equatable {
    var name: String
    var user: uid_t
    var group: gid_t
    var home: String

    static var isRoot: Bool { geteuid() == 0 }

    static func named(_ name: String) -> Account? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return Account(record)
    }

    /// Whoever runs the agent.
    static var own: Account? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(geteuid(), &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return Account(record)
    }

    private init(_ record: passwd) {
        name = String(cString: record.pw_name)
        user = record.pw_uid
        group = record.pw_gid
        home = String(cString: record.pw_dir)
    }
}
