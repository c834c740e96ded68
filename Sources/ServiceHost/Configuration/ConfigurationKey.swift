import Configuration

/// One setting of the services, as `docs/configuration.md` lists it.
package struct ConfigurationKey: Sendable, Hashable {
    /// As in the JSON file, with dots for nesting.
    package let name: String
    /// What is taken when it is not set; nil means that there is none.
    package let defaultValue: String?
    /// Never shown, neither in the log nor elsewhere.
    package let isSecret: Bool
    /// The services that read it.
    package let services: [String]

    init(_ name: String, default defaultValue: String? = nil, isSecret: Bool = false, services: [String] = Self.every) {
        self.name = name
        self.defaultValue = defaultValue
        self.isSecret = isSecret
        self.services = services
    }

    static let every = ["gateway", "worker", "reaper"]

    /// The environment variable: the name in capitals, words and parts joined by underscores.
    package var environmentVariable: String {
        var variable = "SANDFLEET_"
        for scalar in name.unicodeScalars {
            switch scalar {
            case ".": variable += "_"
            case "A"..."Z": variable += "_\(scalar)"
            default: variable += String(scalar).uppercased()
            }
        }
        return variable
    }

    var configKey: ConfigKey { ConfigKey(name) }
}
