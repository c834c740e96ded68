/// What an array of Swift values stands for: text[], int8[], or bytea for bytes.
package protocol PostgresArrayElement: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func postgresParameter(_ values: [Self]) throws(PostgresError) -> PostgresParameter
    static func values(postgres cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter {
        try Element.postgresParameter(self)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        self = try Element.values(postgres: cell)
    }
}

extension String: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .textArray }

    package static func postgresParameter(_ values: [String]) throws(PostgresError) -> PostgresParameter {
        .text(ArrayLiteral.text(values))
    }

    package static func values(postgres cell: PostgresCell) throws(PostgresError) -> [String] {
        var values: [String] = []
        for value in try cell.array(as: [String].self) {
            guard let value else { throw cell.mismatch([String].self) }
            values.append(value)
        }
        return values
    }
}

extension Optional: PostgresArrayElement where Wrapped == String {
    package static var postgresArrayType: PostgresType { .textArray }

    package static func postgresParameter(_ values: [String?]) throws(PostgresError) -> PostgresParameter {
        .text(ArrayLiteral.text(values))
    }

    package static func values(postgres cell: PostgresCell) throws(PostgresError) -> [String?] {
        try cell.array(as: [String?].self)
    }
}

extension Int64: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int8Array }

    package static func postgresParameter(_ values: [Int64]) throws(PostgresError) -> PostgresParameter {
        .text("{" + values.map(String.init).joined(separator: ",") + "}")
    }

    package static func values(postgres cell: PostgresCell) throws(PostgresError) -> [Int64] {
        var values: [Int64] = []
        for text in try cell.array(as: [Int64].self) {
            guard let text, let value = Int64(text) else { throw cell.mismatch([Int64].self) }
            values.append(value)
        }
        return values
    }
}

extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .bytea }

    package static func postgresParameter(_ values: [UInt8]) throws(PostgresError) -> PostgresParameter {
        .binary(values)
    }

    package static func values(postgres cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        guard cell.column.type == .bytea else { throw cell.mismatch([UInt8].self) }
        return try cell.hexBytes()
    }
}

extension PostgresCell {
    fileprivate func array<Value>(as target: Value.Type) throws(PostgresError) -> [String?] {
        guard column.type != .json, column.type != .jsonb, let values = ArrayLiteral.values(of: try text()) else {
            throw mismatch(target)
        }
        return values
    }
}
