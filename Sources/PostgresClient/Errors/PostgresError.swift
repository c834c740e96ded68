/// What went wrong with a statement, a connection or the pool.
///
/// Safe to log: it never holds bind values, and therefore never the server's DETAIL.
package struct PostgresError: Error, Sendable {
    package enum Code: Sendable, Hashable {
        /// No connection could be made; nothing was sent.
        case connectionFailed
        /// The connection was lost; whether a sent statement took effect is unknown.
        case connectionLost
        /// The server refused the statement, which had no effect.
        case server(sqlState: String)
        /// A value of a row is not what the caller asked for.
        case decode
        /// A parameter or a statement cannot be sent; nothing was sent.
        case encode
        /// No connection of the pool came free in time; nothing was sent.
        case poolTimeout
        /// The pool, pipeline or connection was shut down; nothing was sent.
        case closed
    }

    package let code: Code
    package let message: String
    /// The server's five-character code, also known for some lost connections.
    package let sqlState: String?
    package let constraint: String?
    package let table: String?
    /// A prepared statement the server no longer accepts; nothing was executed.
    let isStaleStatement: Bool

    package init(
        _ code: Code,
        _ message: String,
        sqlState: String? = nil,
        constraint: String? = nil,
        table: String? = nil
    ) {
        self.init(code, message, sqlState: sqlState, constraint: constraint, table: table, isStaleStatement: false)
    }

    init(
        _ code: Code,
        _ message: String,
        sqlState: String?,
        constraint: String?,
        table: String?,
        isStaleStatement: Bool
    ) {
        self.code = code
        self.message = message
        if case .server(let state) = code {
            self.sqlState = state
        } else {
            self.sqlState = sqlState
        }
        self.constraint = constraint
        self.table = table
        self.isStaleStatement = isStaleStatement
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        var description = "PostgresError \(codeName)"
        if let sqlState { description += " \(sqlState)" }
        if let constraint { description += " constraint \(constraint)" }
        if let table { description += " table \(table)" }
        return "\(description): \(message)"
    }

    private var codeName: String {
        switch code {
        case .connectionFailed: "connectionFailed"
        case .connectionLost: "connectionLost"
        case .server: "server"
        case .decode: "decode"
        case .encode: "encode"
        case .poolTimeout: "poolTimeout"
        case .closed: "closed"
        }
    }
}
