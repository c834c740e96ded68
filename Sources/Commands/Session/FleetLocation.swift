import Fleet
import FoundationEssentials

/// Where a fleet listens, and the key to it.
struct FleetLocation: Equatable, Sendable {
    let url: String
    let apiKey: String

    /// Looks at the options, then the environment, then the `fleet.json` of the data directory.
    ///
    /// The key of a `fleet.json` goes to the URL of that same file only, never to another one.
    init(_ options: ConnectionOptions, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        let file = Self.documentPath(options.data)
        let document = Document(path: file)
        let url = options.url ?? environment.filled("SANDFLEET_URL")
        let key = options.apiKey ?? environment.filled("SANDFLEET_API_KEY")
        guard let chosen = url ?? document?.url else {
            throw Failure(
                .configuration,
                "no fleet to talk to: there is no --url, no SANDFLEET_URL and no \(file)",
                hint: "start a fleet with 'sandfleet up', or name one with --url and --api-key"
            )
        }
        let isLocal = document.map { $0.url.trimmingSlash == chosen.trimmingSlash } ?? false
        guard let apiKey = key ?? (isLocal ? document?.apiKey : nil) else {
            throw Failure(
                .configuration,
                "no key for \(chosen)",
                hint: "pass --api-key, or set SANDFLEET_API_KEY"
            )
        }
        self.url = chosen
        self.apiKey = apiKey
    }

    private static func documentPath(_ data: String?) -> String {
        (data ?? DataDirectory.standardPath) + "/fleet.json"
    }

    private struct Document: Decodable {
        let url: String
        let apiKey: String

        init?(path: String) {
            guard let data = try? Data(contentsOf: URL(filePath: path)),
                let document = try? JSONDecoder().decode(Self.self, from: data)
            else { return nil }
            self = document
        }
    }
}

extension [String: String] {
    /// A variable that is set to something.
    fileprivate func filled(_ name: String) -> String? {
        self[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension String {
    fileprivate var trimmingSlash: Substring { hasSuffix("/") ? dropLast() : self[...] }
}
