import SandfleetClient

/// What a command works with: a client, and how to answer.
struct Session: Sendable {
    let client: SandfleetClient
    let location: FleetLocation
    let output: Output
    let interruption: Interruption

    init(_ options: ConnectionOptions, _ interruption: Interruption) throws {
        self.interruption = interruption
        location = try FleetLocation(options)
        client = try SandfleetClient(url: location.url, apiKey: location.apiKey)
        output = Output(isJSON: options.json)
    }

    /// The id of the sandbox that a person named by its id or by its name.
    func sandboxID(_ reference: String) async throws -> String {
        // An id needs no look-up, and one that nobody has is the fleet's to refuse.
        if Self.isID(reference) { return reference }
        var matches: [Sandbox] = []
        for try await sandbox in client.sandboxes() where sandbox.name == reference { matches.append(sandbox) }
        switch matches.count {
        case 1: return matches[0].id
        case 0:
            throw Failure(
                .refused,
                "there is no sandbox with the id or name '\(reference)'",
                hint: "see what there is with 'sandfleet ls'; what was removed is found by its id only"
            )
        default:
            throw Failure(
                .refused,
                "several sandboxes have the name '\(reference)'",
                hint: "name one by its id: \(matches.map(\.id).joined(separator: ", "))"
            )
        }
    }

    static func isID(_ text: String) -> Bool {
        text.utf8.count == 26 && text.utf8.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".utf8.contains($0) }
    }
}
