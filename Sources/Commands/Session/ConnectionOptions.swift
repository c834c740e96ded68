import ArgumentParser

/// Options of every command that talks to a fleet.
struct ConnectionOptions: ParsableArguments, Sendable {
    @Option(help: "The fleet's URL. (default: SANDFLEET_URL, else fleet.json)")
    var url: String?

    @Option(help: "The key to the fleet. (default: SANDFLEET_API_KEY, else fleet.json)")
    var apiKey: String?

    @Option(help: "The data directory of a fleet on this machine. (default: SANDFLEET_DATA, else the user's own)")
    var data: String?

    @Flag(help: "Print JSON for programs instead of text for people.")
    var json = false

    /// These options, with those of a second set where it has them.
    func overlaid(by other: ConnectionOptions) -> ConnectionOptions {
        var merged = self
        merged.url = other.url ?? url
        merged.apiKey = other.apiKey ?? apiKey
        merged.data = other.data ?? data
        merged.json = json || other.json
        return merged
    }
}
