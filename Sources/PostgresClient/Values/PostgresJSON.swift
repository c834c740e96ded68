package import FoundationEssentials

/// A jsonb value, carried as its text.
///
/// The server keeps neither whitespace nor the order of keys, so text read back may differ from text written.
package struct PostgresJSON: Sendable, Hashable {
    package let text: String

    package init(text: String) {
        self.text = text
    }

    package init(encoding value: some Encodable, with encoder: JSONEncoder = JSONEncoder()) throws(PostgresError) {
        do {
            text = String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw PostgresError(.encode, "a \(type(of: value)) cannot be written as JSON")
        }
    }

    package func decode<Value: Decodable>(
        as type: Value.Type = Value.self,
        with decoder: JSONDecoder = JSONDecoder()
    ) throws(PostgresError) -> Value {
        do {
            return try decoder.decode(type, from: Data(text.utf8))
        } catch {
            throw PostgresError(.decode, "JSON cannot be read as \(type)")
        }
    }
}

extension PostgresJSON: PostgresEncodable {
    package static var postgresType: PostgresType { .jsonb }

    package func postgresParameter() throws(PostgresError) -> PostgresParameter { .text(text) }
}

extension PostgresJSON: PostgresDecodable {
    package init(postgres cell: PostgresCell) throws(PostgresError) {
        text = try cell.text(of: [.jsonb, .json], as: PostgresJSON.self)
    }
}
