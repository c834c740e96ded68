import CPostgres
import Glibc

/// libpq's connection keywords, as they are handed to `PQconnectdbParams`.
struct ConnectionFields {
    private(set) var values: [String: String]

    /// - Throws: `connectionFailed` without libpq's reason, which may quote the password.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        values = try Self.parse(configuration.connectionString)
        let keepalive = configuration.keepalive
        let defaults = [
            "application_name": configuration.applicationName,
            "client_encoding": "UTF8",
            "connect_timeout": String(max(2, configuration.connectTimeout.milliseconds / 1000)),
            "keepalives": "1",
            "keepalives_idle": String(max(1, keepalive.idle.milliseconds / 1000)),
            "keepalives_interval": String(max(1, keepalive.interval.milliseconds / 1000)),
            "keepalives_count": String(keepalive.count),
            "tcp_user_timeout": String(keepalive.userTimeout.milliseconds),
        ]
        values.merge(defaults) { given, _ in given }
        // What rows are decoded from must not depend on the server's settings; the last option given wins.
        var options = "-c datestyle=ISO -c timezone=UTC -c bytea_output=hex"
        if let given = values["options"] {
            options = "\(given) \(options)"
        }
        if let timeout = configuration.statementTimeout {
            options = "-c statement_timeout=\(timeout.milliseconds) \(options)"
        } else {
            options += " -c statement_timeout=0"
        }
        values["options"] = options
    }

    /// Calls the body with null-terminated arrays of keywords and values.
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result?
    ) -> Result? {
        let pairs = values.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (keyword, value) in pairs {
                free(keyword)
                free(value)
            }
        }
        let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
        let values = pairs.map { UnsafePointer($0.1) } + [nil]
        return keywords.withUnsafeBufferPointer { keywords in
            values.withUnsafeBufferPointer { values in
                guard let keywords = keywords.baseAddress, let values = values.baseAddress else { return nil }
                return body(keywords, values)
            }
        }
    }

    private static func parse(_ connectionString: String) throws(PostgresError) -> [String: String] {
        var reason: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(connectionString, &reason) else {
            PQfreemem(reason)
            throw PostgresError(.connectionFailed, "the connection string cannot be parsed")
        }
        defer { PQconninfoFree(options) }
        var fields: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                fields[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return fields
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
