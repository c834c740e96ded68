import Crypto
import Model
import NIOCore
import Store

/// The body of a fork, read strictly; what is not there is as the forked sandbox has it.
struct ForkBody: Sendable {
    /// The id of the checkpoint that the new sandbox begins with; nil is the files as they are now.
    var checkpoint: String?
    var name: String?
    var persistent: Bool?
    var timeoutMs: Int64?
    var idleTimeoutMs: Int64?
    var environment: [String: String]?
    var metadata: [String: String]?
    var tags: [String: String]?
    /// SHA-256 of the forked sandbox's id and of what was sent, whatever the order of its names (rule 26).
    var hash: [UInt8]

    init(_ body: JSONValue?, of sandbox: SandboxID) throws(Fault) {
        let body = body ?? .object([])
        hash = Array(SHA256.hash(data: Array("fork/\(sandbox)/".utf8) + Array(buffer: body.canonical.encoded)))
        var reader = try JSONObjectReader(body)
        checkpoint = try reader.string("checkpoint", in: 0...64)
        name = try reader.string("name", in: CreateSandbox.nameLengths)
        persistent = try reader.bool("persistent")
        timeoutMs = try reader.integer("timeoutMs", in: CreateSandbox.timeouts)
        idleTimeoutMs = try reader.integer("idleTimeoutMs", in: CreateSandbox.timeouts)
        environment = try EnvironmentVariables.readIfAny("env", &reader)
        metadata = try reader.map("metadata")
        tags = try reader.map("tags")
        try reader.finish()
    }

    /// The sandbox to be, which begins with an archive of the other one.
    func new(from origin: SandboxRecord, source: ArchiveID, actor: String) -> NewSandbox {
        NewSandbox(
            id: ID.new(),
            workspace: origin.workspace,
            provider: origin.provider,
            name: name,
            persistent: persistent ?? origin.persistent,
            spec: origin.spec,
            environment: environment ?? [:],
            environmentOf: environment == nil ? origin.id : nil,
            metadata: metadata ?? origin.metadata,
            tags: tags ?? origin.tags,
            timeoutMs: timeoutMs ?? origin.timeoutMs,
            idleTimeoutMs: idleTimeoutMs ?? origin.idleTimeoutMs,
            source: source,
            actor: actor
        )
    }
}
