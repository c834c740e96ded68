import Model
import PostgresClient

extension PostgresRow {
    /// A column that holds one of our ids.
    func identifier<Kind>(_ column: String) throws -> Identifier<Kind> {
        guard let value = Identifier<Kind>(try get(column, as: String.self)) else {
            throw StoreError(.internal, "column \(column) does not hold an id")
        }
        return value
    }

    func optionalIdentifier<Kind>(_ column: String) throws -> Identifier<Kind>? {
        guard let text = try get(column, as: String?.self) else { return nil }
        guard let value = Identifier<Kind>(text) else {
            throw StoreError(.internal, "column \(column) does not hold an id")
        }
        return value
    }

    /// A column that holds one word of an enumeration.
    func word<Word: RawRepresentable>(_ column: String) throws -> Word where Word.RawValue == String {
        guard let value = Word(rawValue: try get(column, as: String.self)) else {
            throw StoreError(.internal, "column \(column) holds an unknown word")
        }
        return value
    }

    /// A `jsonb` column.
    func json<Value: Decodable>(_ column: String, as type: Value.Type) throws -> Value {
        try get(column, as: PostgresJSON.self).decode(as: type)
    }

    func optionalJSON<Value: Decodable>(_ column: String, as type: Value.Type) throws -> Value? {
        try get(column, as: PostgresJSON?.self)?.decode(as: type)
    }
}
