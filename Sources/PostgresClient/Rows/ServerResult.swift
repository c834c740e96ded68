import CPostgres
import Glibc

/// Owns one `PGresult`.
///
/// Sendable because libpq states that a `PGresult` is read-only after its creation and may be passed between threads.
final class ServerResult: @unchecked Sendable {
    let count: Int
    let columnCount: Int
    private let pointer: OpaquePointer

    /// Takes ownership of the pointer.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        count = Int(PQntuples(pointer))
        columnCount = Int(PQnfields(pointer))
    }

    deinit {
        PQclear(pointer)
    }

    /// Made when asked for: most rows are read by what is known of them.
    var columns: [PostgresColumn] { (0..<columnCount).map(column) }

    func column(_ index: Int) -> PostgresColumn {
        PostgresColumn(
            name: PQfname(pointer, Int32(index)).map { String(cString: $0) } ?? "",
            type: type(ofColumn: index)
        )
    }

    func type(ofColumn index: Int) -> PostgresType { PostgresType(oid: PQftype(pointer, Int32(index))) }

    /// The first column of that name.
    func column(named name: String) -> Int? {
        name.withCString { name in
            (0..<columnCount).first { index in PQfname(pointer, Int32(index)).map { strcmp($0, name) == 0 } ?? false }
        }
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
