import Crypto
import Model
import NIOCore
import Store

/// The body of a create, read strictly.
struct CreateSandbox: Sendable {
    /// A name, a provider, a tag: short words.
    static let nameLengths = 1...128
    /// In MiB; the least that a box of the local provider runs with, to a pebibyte.
    static let memory: ClosedRange<Int64> = 8...1_073_741_824
    /// Timeouts of up to a year.
    static let timeouts: ClosedRange<Int64> = 1...31_536_000_000

    var provider: String?
    /// The id of the checkpoint whose files it begins with.
    var fromCheckpoint: String?
    private var source: ArchiveID?
    var name: String?
    var reuse: Bool
    /// Nil is what is usual for the provider.
    var persistent: Bool?
    var timeoutMs: Int64?
    var idleTimeoutMs: Int64?
    var spec: SandboxSpec
    /// Nil is what is usual for the provider.
    private(set) var networkPolicy: NetworkPolicy?
    /// The machine that it is wanted on; of self-hosted ones alone.
    var agent: AgentWish?
    var environment: [String: String]
    var metadata: [String: String]
    var tags: [String: String]
    /// SHA-256 of what was sent, whatever the order of its names, before defaults (rule 26).
    var bodyHash: [UInt8]

    init(_ body: JSONValue) throws(Fault) {
        bodyHash = Array(SHA256.hash(data: Array(buffer: body.canonical.encoded)))
        var reader = try JSONObjectReader(body)
        provider = try reader.string("provider", in: 1...64)
        fromCheckpoint = try reader.string("fromCheckpoint", in: 0...64)
        name = try reader.string("name", in: Self.nameLengths)
        reuse = try reader.bool("reuse") ?? false
        persistent = try reader.bool("persistent")
        timeoutMs = try reader.integer("timeoutMs", in: Self.timeouts)
        idleTimeoutMs = try reader.integer("idleTimeoutMs", in: Self.timeouts)
        networkPolicy = try reader.word("networkPolicy", of: NetworkPolicy.self)
        spec = SandboxSpec(
            image: try reader.string("image", in: 1...512),
            resources: try Self.resources(&reader),
            networkPolicy: networkPolicy ?? .none,
            ports: try Self.ports(&reader),
            purpose: try reader.string("purpose", in: 0...256)
        )
        agent = try AgentWish.read("agent", &reader)
        spec.directory = try Self.directory(&reader)
        spec.params = try Self.params(&reader)
        environment = try EnvironmentVariables.read("env", &reader)
        metadata = try reader.map("metadata") ?? [:]
        tags = try reader.map("tags") ?? [:]
        try reader.finish()
        guard !reuse || name != nil else { throw reader.invalid("reuse", "needs a name") }
    }

    private static func resources(_ reader: inout JSONObjectReader) throws(Fault) -> Resources {
        guard var fields = try reader.object("resources") else { return Resources() }
        let resources = Resources(
            vcpus: try fields.double("vcpus", in: 0.01...1024),
            memoryMb: try fields.integer("memoryMb", in: Self.memory).map { Int($0) },
            diskMb: try fields.integer("diskMb", in: 1...1_073_741_824).map { Int($0) }
        )
        try fields.finish()
        return resources
    }

    /// Where a self-hosted sandbox works on its machine.
    private static func directory(_ reader: inout JSONObjectReader) throws(Fault) -> String? {
        guard var fields = try reader.object("selfhosted") else { return nil }
        let directory = try fields.line("directory", in: 1...4096)
        try fields.finish()
        return directory
    }

    /// What only the provider understands; whatever is not a string is kept as its JSON.
    private static func params(_ reader: inout JSONObjectReader) throws(Fault) -> [String: String]? {
        guard let values = try reader.members("params", limit: 64) else { return nil }
        var params: [String: String] = [:]
        for member in values {
            if case .string(let text) = member.value {
                params[member.name] = text
            } else {
                params[member.name] = String(buffer: member.value.canonical.encoded)
            }
        }
        return params
    }

    private static func ports(_ reader: inout JSONObjectReader) throws(Fault) -> [Int] {
        var ports: [Int] = []
        for (index, value) in (try reader.array("ports", limit: 64) ?? []).enumerated() {
            let port = Int(try reader.integer(value, "ports[\(index)]", in: 1...65_535))
            guard !ports.contains(port) else { throw reader.invalid("ports[\(index)]", "is there twice") }
            ports.append(port)
        }
        return ports
    }

    /// Takes from a checkpoint what it brings along.
    ///
    /// - Parameter image: That of the sandbox which it was made of.
    mutating func begin(with checkpoint: ArchiveRecord, image: String?) throws(Fault) {
        source = checkpoint.id
        let isOther = provider.map { $0 != checkpoint.provider } ?? false
        guard checkpoint.format == .native else {
            if !isOther, spec.image == nil { spec.image = image }
            provider = provider ?? checkpoint.provider
            return
        }
        guard !isOther else {
            throw Fault(
                .unsupported,
                "Only \(checkpoint.provider) can begin with this checkpoint.",
                hint: "Save it with format: portable to use it with another provider.",
                details: checkpoint.details
            )
        }
        guard spec.image == nil || spec.image == image else {
            throw Fault(
                .unsupported,
                "The checkpoint brings its image along.",
                hint: "Leave image out, or save the checkpoint with format: portable.",
                details: checkpoint.details
            )
        }
        provider = checkpoint.provider
        spec.image = image
    }

    /// - Parameter persistent: What it is when the body does not say.
    func new(
        id: SandboxID,
        workspace: WorkspaceID,
        provider: String,
        persistent: Bool,
        actor: String
    ) -> NewSandbox {
        NewSandbox(
            id: id,
            workspace: workspace,
            provider: provider,
            name: name,
            persistent: self.persistent ?? persistent,
            spec: spec,
            environment: environment,
            metadata: metadata,
            tags: tags,
            timeoutMs: timeoutMs,
            idleTimeoutMs: idleTimeoutMs,
            source: source,
            actor: actor
        )
    }
}

/// Environment variables in a body.
enum EnvironmentVariables {
    static func read(_ name: String, _ reader: inout JSONObjectReader) throws(Fault) -> [String: String] {
        try readIfAny(name, &reader) ?? [:]
    }

    static func readIfAny(_ name: String, _ reader: inout JSONObjectReader) throws(Fault) -> [String: String]? {
        guard let variables = try reader.map(name, limit: 1024) else { return nil }
        for (variable, value) in variables {
            guard !variable.isEmpty, !variable.utf8.contains(UInt8(ascii: "=")), !variable.utf8.contains(0) else {
                throw reader.invalid(name, "has a name that is empty, or holds '=' or NUL")
            }
            // The value may be a secret: it is not shown.
            guard !value.utf8.contains(0) else { throw reader.invalid(name, "has a value that holds NUL") }
        }
        return variables
    }
}
