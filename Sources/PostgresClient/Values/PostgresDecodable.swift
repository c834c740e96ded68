/// A value that can be read from a row.
package protocol PostgresDecodable {
    /// - Throws: `decode`, naming the column, when it is NULL or of another type.
    init(postgres cell: PostgresCell) throws(PostgresError)
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        self = cell.isNull ? nil : try Wrapped(postgres: cell)
    }
}
