/// What the engine says of a container: the answer to an inspection, as far as it matters.
struct ContainerDocument: Decodable, Sendable {
    struct State: Decodable, Sendable {
        var status: String

        private enum CodingKeys: String, CodingKey {
            case status = "Status"
        }
    }

    struct Configuration: Decodable, Sendable {
        var user: String?
        var labels: [String: String]?

        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case labels = "Labels"
        }
    }

    struct Networking: Decodable, Sendable {
        struct Endpoint: Decodable, Sendable {
            var address: String?

            private enum CodingKeys: String, CodingKey {
                case address = "IPAddress"
            }
        }

        struct HostPort: Decodable, Sendable {
            var address: String
            var port: String

            private enum CodingKeys: String, CodingKey {
                case address = "HostIp"
                case port = "HostPort"
            }
        }

        var ports: [String: [HostPort]?]?
        var networks: [String: Endpoint]?

        private enum CodingKeys: String, CodingKey {
            case ports = "Ports"
            case networks = "Networks"
        }
    }

    var id: String
    /// The id of its image.
    var image: String
    var state: State
    var configuration: Configuration
    var networking: Networking

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case image = "Image"
        case state = "State"
        case configuration = "Config"
        case networking = "NetworkSettings"
    }

    var labels: [String: String] { configuration.labels ?? [:] }
}

/// One line of the engine's list of containers.
struct ListedContainer: Decodable, Sendable {
    var id: String
    var state: String
    var labels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case state = "State"
        case labels = "Labels"
    }
}
