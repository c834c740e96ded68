import ArgumentParser
import SandfleetClient

/// `sandfleet create`.
struct CreateCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a sandbox and print its id.",
        discussion: """
            $ sandfleet create
            $ sandfleet create --name build --no-persistent --timeout 2h --vcpus 2 --memory 2048
            $ sandfleet create --name shared --reuse --env CI=1 --network full
            $ sandfleet create --from-checkpoint 01m7tq3nq0fa2svz3c0yqk2m4d
            $ sandfleet create --provider selfhosted --agent workshop --directory project
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "The provider that shall run it. (default: the fleet's)")
    var provider: String?

    @Option(help: "The image to make it from.")
    var image: String?

    @Option(help: "The id of a checkpoint whose files it begins with.")
    var fromCheckpoint: String?

    @Option(
        help: "The machine to be on, of a self-hosted one: its id, its name, or label=value,… for any that is online."
    )
    var agent: String?

    @Option(help: "Where on that machine it works. (default: the root that the machine's user has set)")
    var directory: String?

    @Option(help: "A name, unique in the workspace.")
    var name: String?

    @Flag(help: "Answer the sandbox that has the name already, if there is one.")
    var reuse = false

    @Option(help: "Processors; fractions are allowed.")
    var vcpus: Double?

    @Option(help: "Memory in MiB.")
    var memory: Int?

    @Option(help: "Disk in MiB.")
    var disk: Int?

    @Option(help: ArgumentHelp("What it may reach: none or full.", valueName: "policy"))
    var network: String?

    @Option(help: "A port that shall be reachable from outside; may be repeated.")
    var port: [Int] = []

    @Option(help: "What it is for, in a word.")
    var purpose: String?

    @OptionGroup var traits: SandboxTraits

    func validate() throws {
        if reuse, name == nil {
            throw ValidationError("--reuse needs --name: the sandbox to reuse is found by its name.")
        }
    }

    func run(_ session: Session) async throws {
        let sandbox = try await session.client.createSandbox(request)
        try await session.output.show(sandbox, or: sandbox.id)
    }

    /// A name cannot be told from a label but by its `=`.
    private static func choice(_ text: String) -> AgentChoice {
        guard text.contains("=") else { return .named(text) }
        let labels = text.split(separator: ",")
            .map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
            }
        return .labels(Dictionary(labels, uniquingKeysWith: { _, last in last }))
    }

    private var request: SandboxRequest {
        var request = SandboxRequest()
        request.provider = provider
        request.image = image
        request.fromCheckpoint = fromCheckpoint
        request.agent = agent.map(Self.choice)
        request.selfhosted = directory.map { SelfHosted(directory: $0) }
        request.name = name
        request.reuse = reuse ? true : nil
        request.persistent = traits.persistent
        request.timeoutMs = traits.timeout?.milliseconds
        request.idleTimeoutMs = traits.idleTimeout?.milliseconds
        if vcpus != nil || memory != nil || disk != nil {
            request.resources = SandboxResources(vcpus: vcpus, memoryMb: memory, diskMb: disk)
        }
        if !traits.env.isEmpty { request.env = traits.env.dictionary }
        if !traits.metadata.isEmpty { request.metadata = traits.notes }
        if !traits.tag.isEmpty { request.tags = traits.tag.dictionary }
        request.networkPolicy = network.map(NetworkPolicy.init(rawValue:))
        if !port.isEmpty { request.ports = port }
        request.purpose = purpose
        return request
    }
}
