/// The answer to a statement: its rows, all in memory, and how many rows it touched.
package struct PostgresRows: Sendable {
    private let result: ServerResult

    init(_ result: ServerResult) {
        self.result = result
    }

    package var columns: [PostgresColumn] { result.columns }
    /// Rows selected, inserted, updated or deleted.
    package var affected: Int { result.affected }
}

extension PostgresRows: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { result.count }

    package subscript(position: Int) -> PostgresRow {
        precondition(indices.contains(position), "row index out of range")
        return PostgresRow(result: result, index: position)
    }
}

/// The name and type of one column of a result.
package struct PostgresColumn: Sendable, Hashable {
    package let name: String
    package let type: PostgresType
}
