import FoundationEssentials

/// `fleet.json`: how to reach a running fleet, for the command line and for tools.
package struct FleetDocument: Codable, Sendable, Equatable {
    package struct NATS: Codable, Sendable, Equatable {
        package var url: String
        /// The path of the `.creds` file of the role `admin`.
        package var credentials: String
    }

    package struct Postgres: Codable, Sendable, Equatable {
        package var url: String
    }

    package struct Service: Codable, Sendable, Equatable {
        package var name: String
        package var pid: Int32
        /// Where it listens, of a gateway.
        package var url: String?
    }

    package var url: String
    package var apiKey: String
    package var nats: NATS
    package var postgres: Postgres
    package var services: [Service]

    package init(contentsOf path: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
    }

    package init(url: String, apiKey: String, nats: NATS, postgres: Postgres, services: [Service]) {
        self.url = url
        self.apiKey = apiKey
        self.nats = nats
        self.postgres = postgres
        self.services = services
    }

    /// The document as JSON, over several lines or on one.
    package func json(pretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.prettyPrinted, .sortedKeys] : [.sortedKeys]
        encoder.outputFormatting.insert(.withoutEscapingSlashes)
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    package func write(to path: String) throws {
        try TextFile.replace(path, with: json(pretty: true) + "\n")
    }
}
