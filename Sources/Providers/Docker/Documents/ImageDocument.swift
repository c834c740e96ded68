/// What the engine says of an image, as far as it matters.
struct ImageDocument: Decodable, Sendable {
    struct Configuration: Decodable, Sendable {
        struct Nothing: Decodable, Sendable {}

        var user: String?
        var labels: [String: String]?
        var volumes: [String: Nothing]?

        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case labels = "Labels"
            case volumes = "Volumes"
        }
    }

    var id: String
    var system: String?
    var created: String?
    var size: Int64?
    var tags: [String]?
    var configuration: Configuration?

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case system = "Os"
        case created = "Created"
        case size = "Size"
        case tags = "RepoTags"
        case configuration = "Config"
    }

    var labels: [String: String] { configuration?.labels ?? [:] }
    /// Whether it is a saved box.
    var isSaved: Bool { !labels[Labels.archive, default: ""].isEmpty }
    var volumes: [String] { configuration?.volumes.map { Array($0.keys) } ?? [] }
}

/// One line of the engine's list of images.
struct ListedImage: Decodable, Sendable {
    var id: String
    var labels: [String: String]?
    var tags: [String]?

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case labels = "Labels"
        case tags = "RepoTags"
    }
}
