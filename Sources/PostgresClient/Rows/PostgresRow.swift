/// One row of a result, read by column name or position.
package struct PostgresRow: Sendable {
    private let result: ServerResult
    private let index: Int

    init(result: ServerResult, index: Int) {
        self.result = result
        self.index = index
    }

    package var columns: [PostgresColumn] { result.columns }

    /// - Throws: `decode` when there is no such column, or it is NULL or of another type.
    package func get<Value: PostgresDecodable>(
        _ name: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let column = result.column(named: name) else {
            throw PostgresError(.decode, "there is no column \"\(name)\"")
        }
        return try Value(postgres: PostgresCell(result: result, row: index, index: column))
    }

    package func get<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard (0..<result.columnCount).contains(column) else {
            throw PostgresError(.decode, "there is no column \(column)")
        }
        return try Value(postgres: PostgresCell(result: result, row: index, index: column))
    }
}
