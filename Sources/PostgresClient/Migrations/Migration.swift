/// One step of a schema; once applied anywhere it must never change.
package struct Migration: Sendable, Hashable {
    /// Greater than that of every migration before it.
    package let number: Int
    package let name: String
    /// One or more statements, which run in one transaction.
    package let sql: String

    package init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// Why a schema was not migrated; what ran before the refusal stays.
package struct MigrationError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// Two migrations have the same number.
        case duplicateNumber
        /// The text of an applied migration is not what was applied.
        case checksumChanged
        /// The database has a migration that this program does not know.
        case databaseNewer
        /// A migration comes before one that is already applied.
        case outOfOrder
        /// The migration's SQL failed and was rolled back.
        case failed
    }

    package let code: Code
    /// The migration in question.
    package let number: Int
    package let message: String
    package let cause: PostgresError?

    init(_ code: Code, _ number: Int, _ message: String, cause: PostgresError? = nil) {
        self.code = code
        self.number = number
        self.message = message
        self.cause = cause
    }

    package var description: String {
        let reason = cause.map { ": \($0)" } ?? ""
        return "MigrationError \(code) at migration \(number): \(message)\(reason)"
    }
}
