import CPostgres

/// Owns one `PGresult`.
///
/// Sendable because libpq states that a `PGresult` is read-only after its creation and may be passed between threads.
final class ServerResult: @unchecked Sendable {
    let columns: [PostgresColumn]
    let count: Int
    private let pointer: OpaquePointer

    /// Takes ownership of the pointer.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        count = Int(PQntuples(pointer))
        columns = (0..<PQnfields(pointer))
            .map { index in
                PostgresColumn(
                    name: PQfname(pointer, index).map { String(cString: $0) } ?? "",
                    type: PostgresType(oid: PQftype(pointer, index))
                )
            }
    }

    deinit {
        PQclear(pointer)
    }

    /// The server's word for what it did, such as `INSERT 0 1`.
    var commandTag: String {
        PQcmdStatus(pointer).map { String(cString: $0) } ?? ""
    }

    var affected: Int {
        PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    func isNull(row: Int, column: Int) -> Bool {
        PQgetisnull(pointer, Int32(row), Int32(column)) == 1
    }

    func withBytes<Value>(row: Int, column: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let start = UnsafeRawPointer(PQgetvalue(pointer, Int32(row), Int32(column)))
        let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
        return body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : length))
    }
}
