package import FoundationEssentials

extension String: PostgresDecodable {
    /// The server's text form of any type but bytea.
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        guard cell.column.type != .bytea else { throw cell.mismatch(String.self) }
        self = try cell.text()
    }
}

extension Bool: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        self = try cell.text(of: [.bool], as: Bool.self) == "t"
    }
}

extension Int: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        self = try cell.integer()
    }
}

extension Int64: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        self = try cell.integer()
    }
}

extension Int32: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        self = try cell.integer()
    }
}

extension Double: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        let numbers: [PostgresType] = [.float8, .float4, .numeric, .int8, .int4, .int2]
        guard let value = Double(try cell.text(of: numbers, as: Double.self)) else {
            throw cell.mismatch(Double.self)
        }
        self = value
    }
}

extension Date: PostgresDecodable {
    /// Whole microseconds; `infinity` is no `Date`.
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        guard let timestamp = Timestamp(text: try cell.text(of: [.timestamptz], as: Date.self)) else {
            throw cell.mismatch(Date.self)
        }
        self = timestamp.date
    }
}

extension PostgresCell {
    fileprivate func integer<Value: FixedWidthInteger>() throws(PostgresError) -> Value {
        guard let value = Value(try text(of: [.int8, .int4, .int2], as: Value.self)) else {
            throw mismatch(Value.self)
        }
        return value
    }
}
