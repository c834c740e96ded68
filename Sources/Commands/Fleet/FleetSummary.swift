import Fleet

/// What `up` prints once the fleet is ready: how to reach it, and what to try first.
struct FleetSummary {
    /// The data directory that the user named; nil for the standard one, where the command line looks by itself.
    let data: String?

    func text(_ document: FleetDocument) -> String {
        """

        Sandfleet is ready. Ctrl-C stops it; its data stay.

          URL  \(document.url)
          Key  \(document.apiKey)

        In another terminal:
        \(setting)
          sandfleet create --name demo
          sandfleet exec demo -- echo hello
          sandfleet rm demo

        """
    }

    private var setting: String {
        guard let data else { return "" }
        let quoted = data.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
        return "\n  export SANDFLEET_DATA='\(quoted)'"
    }
}
