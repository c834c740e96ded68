import ArgumentParser
import SandfleetClient

/// What a new sandbox may be told, however it is made.
struct SandboxTraits: ParsableArguments, Sendable {
    @Flag(inversion: .prefixedNo, help: "Keep its files when it is stopped. (default: as the fleet has it)")
    var persistent: Bool?

    @Option(help: "Its time to live, as in 90s, 30m or 2h.", transform: TimeSpan.parse)
    var timeout: TimeSpan?

    @Option(help: "After how much idle time it is put to sleep.", transform: TimeSpan.parse)
    var idleTimeout: TimeSpan?

    @Option(help: ArgumentHelp("A variable of every command in it; may be repeated.", valueName: "name=value"))
    var env: [Assignment] = []

    @Option(help: ArgumentHelp("A note for your own use; may be repeated.", valueName: "name=value"))
    var metadata: [Assignment] = []

    @Option(help: ArgumentHelp("A label; may be repeated.", valueName: "name=value"))
    var tag: [Assignment] = []

    /// The notes as the API takes them.
    var notes: [String: JSONValue] { metadata.dictionary.mapValues { .string($0) } }
}
