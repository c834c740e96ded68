/// One value of a row, in the server's text form.
package struct PostgresCell: Sendable {
    private let result: ServerResult
    private let row: Int
    private let index: Int

    init(result: ServerResult, row: Int, index: Int) {
        self.result = result
        self.row = row
        self.index = index
    }

    package var column: PostgresColumn { result.column(index) }
    package var isNull: Bool { result.isNull(row: row, column: index) }

    package func text() throws(PostgresError) -> String {
        guard !isNull else { throw PostgresError(.decode, "column \"\(column.name)\" is NULL") }
        return result.withBytes(row: row, column: index) { String(decoding: $0, as: UTF8.self) }
    }

    /// The text, if the column is of one of these types.
    package func text<Value>(of types: [PostgresType], as target: Value.Type) throws(PostgresError) -> String {
        guard types.contains(result.type(ofColumn: index)) else { throw mismatch(target) }
        return try text()
    }

    package func mismatch<Value>(_ target: Value.Type) -> PostgresError {
        PostgresError(.decode, "column \"\(column.name)\" (type \(column.type.oid)) cannot be read as \(target)")
    }

    /// A bytea in the server's hex form, `\x00ff`.
    func hexBytes() throws(PostgresError) -> [UInt8] {
        guard !isNull else { throw PostgresError(.decode, "column \"\(column.name)\" is NULL") }
        let bytes: [UInt8]? = result.withBytes(row: row, column: index) { text in
            guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == 0x5C, text[1] == 0x78 else { return nil }
            return Array(unsafeUninitializedCapacity: text.count / 2 - 1) { buffer, count in
                for position in stride(from: 2, to: text.count, by: 2) {
                    buffer[count] = Self.digit(text[position]) << 4 | Self.digit(text[position + 1])
                    count += 1
                }
            }
        }
        guard let bytes else { throw mismatch([UInt8].self) }
        return bytes
    }

    private static func digit(_ ascii: UInt8) -> UInt8 {
        ascii < 0x3A ? ascii &- 0x30 : (ascii | 0x20) &- 0x57
    }
}
