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
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "The provider that shall run it. (default: the fleet's)")
    var provider: String?

    @Option(help: "The image to make it from.")
    var image: String?

    @Option(help: "A name, unique in the workspace.")
    var name: String?

    @Flag(help: "Answer the sandbox that has the name already, if there is one.")
    var reuse = false

    @Flag(inversion: .prefixedNo, help: "Keep its files when it is stopped.")
    var persistent = true

    @Option(help: "Its time to live, as in 90s, 30m or 2h.")
    var timeout: TimeSpan?

    @Option(help: "After how much idle time it is put to sleep.")
    var idleTimeout: TimeSpan?

    @Option(help: "Processors; fractions are allowed.")
    var vcpus: Double?

    @Option(help: "Memory in MiB.")
    var memory: Int?

    @Option(help: "Disk in MiB.")
    var disk: Int?

    @Option(help: ArgumentHelp("A variable of every command in it; may be repeated.", valueName: "name=value"))
    var env: [Assignment] = []

    @Option(help: ArgumentHelp("A note for your own use; may be repeated.", valueName: "name=value"))
    var metadata: [Assignment] = []

    @Option(help: ArgumentHelp("A label; may be repeated.", valueName: "name=value"))
    var tag: [Assignment] = []

    @Option(help: ArgumentHelp("What it may reach: none or full.", valueName: "policy"))
    var network: String?

    @Option(help: "A port that shall be reachable from outside; may be repeated.")
    var port: [Int] = []

    @Option(help: "What it is for, in a word.")
    var purpose: String?

    func validate() throws {
        if reuse, name == nil {
            throw ValidationError("--reuse needs --name: the sandbox to reuse is found by its name.")
        }
    }

    func run(_ session: Session) async throws {
        let sandbox = try await session.client.createSandbox(request)
        try await session.output.show(sandbox, or: sandbox.id)
    }

    private var request: SandboxRequest {
        var request = SandboxRequest()
        request.provider = provider
        request.image = image
        request.name = name
        request.reuse = reuse ? true : nil
        request.persistent = persistent
        request.timeoutMs = timeout?.milliseconds
        request.idleTimeoutMs = idleTimeout?.milliseconds
        if vcpus != nil || memory != nil || disk != nil {
            request.resources = SandboxResources(vcpus: vcpus, memoryMb: memory, diskMb: disk)
        }
        if !env.isEmpty { request.env = env.dictionary }
        if !metadata.isEmpty { request.metadata = metadata.dictionary.mapValues { .string($0) } }
        if !tag.isEmpty { request.tags = tag.dictionary }
        request.networkPolicy = network.map(NetworkPolicy.init(rawValue:))
        if !port.isEmpty { request.ports = port }
        request.purpose = purpose
        return request
    }
}
