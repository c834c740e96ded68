/// Where the database is and how its connections behave.
///
/// What the connection string says about a setting wins over the field of the same meaning here.
package struct PostgresConfiguration: Sendable {
    /// A libpq connection string or URL; may hold a password, so it is never described.
    package var connectionString: String
    /// The most connections a pool holds.
    package var poolSize = 8
    /// How long one waits for a connection of the pool.
    package var poolTimeout: Duration = .seconds(5)
    /// How long one attempt to connect may take, per address; libpq counts whole seconds.
    package var connectTimeout: Duration = .seconds(5)
    /// The server ends a statement after this time; nil is no limit.
    package var statementTimeout: Duration? = .seconds(30)
    /// The name shown in `pg_stat_activity`.
    package var applicationName = "postgres-client"
    package var keepalive = TCPKeepalive()

    /// A URL (`postgres://…`) or libpq's `key=value` form.
    package init(connectionString: String) {
        self.connectionString = connectionString
    }

    /// The host is a name, or the directory of a Unix socket.
    package init(host: String, port: Int = 5432, database: String, user: String, password: String? = nil) {
        var fields = [("host", host), ("port", String(port)), ("dbname", database), ("user", user)]
        if let password { fields.append(("password", password)) }
        connectionString = fields.map { "\($0.0)=\(Self.quoted($0.1))" }.joined(separator: " ")
    }

    private static func quoted(_ value: String) -> String {
        var quoted = "'"
        for character in value {
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "'"
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    package var description: String {
        "PostgresConfiguration(applicationName: \(applicationName), poolSize: \(poolSize))"
    }

    package var customMirror: Mirror {
        Mirror(self, children: ["applicationName": applicationName, "poolSize": poolSize])
    }
}

/// When a silent peer counts as gone; without effect on Unix sockets.
package struct TCPKeepalive: Sendable {
    /// Silence before the first probe.
    package var idle: Duration = .seconds(10)
    /// Time between probes.
    package var interval: Duration = .seconds(3)
    /// Unanswered probes before the connection counts as lost.
    package var count = 3
    /// How long sent data may stay unacknowledged.
    package var userTimeout: Duration = .seconds(20)

    package init() {}
}
