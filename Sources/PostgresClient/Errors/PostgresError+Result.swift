import CPostgres

extension PostgresError {
    /// The error a failed result stands for.
    init(result: OpaquePointer, connection: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        let sqlState = field("C")
        let isLost = PQstatus(connection) == CONNECTION_BAD || sqlState.map(Self.endsSession) ?? true
        self.init(
            isLost ? .connectionLost : .server(sqlState: sqlState ?? ""),
            Self.message(primary: field("M"), sqlState: sqlState),
            sqlState: sqlState,
            constraint: field("n"),
            table: field("t"),
            // 0A000 has many meanings; the routine tells "cached plan must not change result type" in any language.
            isStaleStatement: sqlState == "26000" || sqlState == "0A000" && field("R") == "RevalidateCachedQuery"
        )
    }

    static func lost(_ connection: OpaquePointer?) -> PostgresError {
        PostgresError(.connectionLost, libpqMessage(connection) ?? "the connection to the server was lost")
    }

    static func failed(_ connection: OpaquePointer?) -> PostgresError {
        PostgresError(.connectionFailed, libpqMessage(connection) ?? "no connection could be made")
    }

    private static func libpqMessage(_ connection: OpaquePointer?) -> String? {
        guard let connection, let text = PQerrorMessage(connection) else { return nil }
        let lines = String(cString: text).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    /// admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout.
    private static func endsSession(_ sqlState: String) -> Bool {
        ["57P01", "57P02", "57P03", "57P04", "57P05"].contains(sqlState)
    }

    /// Data exceptions (class 22) quote the offending value in their primary message, so they are named by code only.
    private static func message(primary: String?, sqlState: String?) -> String {
        guard let primary else { return "the connection to the server was lost" }
        guard let sqlState, sqlState.hasPrefix("22") else { return primary }
        return "a value does not fit its type"
    }
}
