/// A provider of sandboxes and what it can do.
public struct Provider: Codable, Hashable, Sendable {
    /// Its name, as sandboxes are asked from it.
    public let name: String
    /// All that the fleet says of it, by the API's own names.
    public let properties: [String: JSONValue]

    /// Reads a provider with whatever it declares.
    public init(from decoder: any Decoder) throws {
        properties = try decoder.singleValueContainer().decode([String: JSONValue].self)
        guard case .string(let name) = properties["name"] else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no name"))
        }
        self.name = name
    }

    /// Writes what was read.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(properties)
    }
}
