import Glibc

/// The fleet's private Postgres cluster: its folder, its account and how to reach it.
package struct PostgresCluster: Sendable {
    package static let superuser = "sandfleet"
    package static let database = "sandfleet"

    /// Holds the cluster and its socket; belongs to the account.
    package let folder: String
    package let installation: PostgresInstallation
    /// The account that the programs run as; nil for our own.
    package let account: Account?
    package let port: UInt16
    package let log: String
    /// Whether the account may not walk to the folder by its path, and gets it as an open descriptor instead.
    private let isHanded: Bool

    package init(
        folder: String,
        installation: PostgresInstallation,
        account: Account?,
        port: UInt16,
        log: String
    ) throws(FleetError) {
        self.folder = folder
        self.installation = installation
        self.account = account
        self.port = port
        self.log = log
        isHanded = account != nil && !Self.isOpenToAll(parentsOf: folder)
        try makeDirectory(folder, mode: 0o700)
        if let account, chown(folder, account.user, account.group) < 0 {
            throw FleetError(
                .notPermitted,
                "Cannot give \(folder) to the user `\(account.name)`: \(lastSystemError())."
            )
        }
    }

    package var directory: String { "\(folder)/data" }

    /// The folder of the Unix socket; nil when its path is too long for one (108 bytes with the terminator).
    package var socketFolder: String? {
        "\(folder)/.s.PGSQL.65535.lock".utf8.count < 108 ? folder : nil
    }

    /// The folder as the programs see it.
    var ownFolder: String { isHanded ? ChildSpecification.handedPath : folder }

    /// The major version that made the cluster; nil before the first start.
    package static func madeBy(folder: String) -> Int? {
        TextFile.read("\(folder)/data/PG_VERSION").flatMap { Int($0.trimmed) }
    }

    /// The URL over TCP, which works from everywhere on this machine.
    package func url(password: String, database: String = Self.database) -> String {
        "postgres://\(Self.superuser):\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// The URL over the Unix socket where there is one: a shorter way than TCP.
    package func localURL(password: String, database: String = Self.database) -> String {
        guard let socketFolder else { return url(password: password, database: database) }
        let host = socketFolder.utf8.map { byte in
            let scalar = UnicodeScalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return "postgres://\(Self.superuser):\(password)@/\(database)?host=\(host.joined())&port=\(port)"
    }

    func child(_ program: String, _ arguments: [String], environment: [String: String]) -> ChildSpecification {
        var child = ChildSpecification(
            executable: installation.program(program),
            arguments: arguments,
            environment: environment.merging(["LC_ALL": "C.UTF-8"]) { _, own in own },
            log: log
        )
        child.account = account
        child.handedDirectory = isHanded ? folder : nil
        return child
    }

    private static func isOpenToAll(parentsOf path: String) -> Bool {
        var path = Executable.directory(of: path)
        while true {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
            if path == "/" { return true }
            path = Executable.directory(of: path)
        }
    }
}
