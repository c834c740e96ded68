import Model
import NATSIdentity

/// The body of an enrolling, read strictly.
struct EnrollBody: Sendable {
    var token: String
    var publicKey: NKeyPublic
    var machine: String
    var name: String?
    var hostName: String
    private var signature: [UInt8]

    init(_ body: JSONValue) throws(Fault) {
        var reader = try JSONObjectReader(body)
        token = try reader.line("token", in: 1...256, try reader.required("token"))
        let key = try reader.string(try reader.required("publicKey"), "publicKey", in: 1...128)
        machine = try reader.machine()
        name = try reader.agentName("name")
        hostName = try reader.line("hostName", in: 1...128, try reader.required("hostName"))
        signature = try reader.signature()
        try reader.finish()
        guard let key = NKeyPublic(key), key.kind == .user else {
            throw reader.invalid("publicKey", "is no NKey of a user, U…")
        }
        publicKey = key
    }

    /// The machine has the key, and means this token.
    var isSigned: Bool {
        publicKey.verify(signature, of: Array("sandfleet-enroll-v1\n\(token)\n\(machine)".utf8))
    }
}

/// The body of a session, read strictly.
struct SessionBody: Sendable {
    var challenge: String
    var instance: AgentInstanceID
    var machine: String
    /// What the machine still has something of.
    var sandboxes: [SandboxID]
    private var signature: [UInt8]

    init(_ body: JSONValue) throws(Fault) {
        var reader = try JSONObjectReader(body)
        challenge = try reader.line("challenge", in: 1...256, try reader.required("challenge"))
        let instance = try reader.string(try reader.required("instance"), "instance", in: 1...64)
        machine = try reader.machine()
        signature = try reader.signature()
        sandboxes = try reader.sandboxes()
        try reader.finish()
        guard let instance = AgentInstanceID(instance) else { throw reader.invalid("instance", "is no id") }
        self.instance = instance
    }

    func isSigned(by key: NKeyPublic) -> Bool {
        key.verify(signature, of: Array("sandfleet-session-v1\n\(challenge)\n\(instance)\n\(machine)".utf8))
    }
}

extension JSONObjectReader {
    /// The random id of a machine.
    fileprivate mutating func machine() throws(Fault) -> String {
        let text = try line("machine", in: 1...64, try required("machine"))
        // It is part of what is signed, line by line.
        guard !text.utf8.contains(UInt8(ascii: "\n")) else { throw invalid("machine", "holds a line's end") }
        return text
    }

    fileprivate mutating func sandboxes() throws(Fault) -> [SandboxID] {
        var ids: [SandboxID] = []
        for value in try array("sandboxes", limit: 1000) ?? [] {
            guard case .string(let text) = value, let id = SandboxID(text) else {
                throw invalid("sandboxes", "has to be a list of ids")
            }
            ids.append(id)
        }
        return ids
    }

    fileprivate mutating func signature() throws(Fault) -> [UInt8] {
        let text = try string(try required("signature"), "signature", in: 1...128)
        guard let bytes = Base64URL.decode(text), bytes.count == 64 else {
            throw invalid("signature", "has to be 64 bytes in base64url without padding")
        }
        return bytes
    }

    /// What an agent is called: a short line.
    mutating func agentName(_ field: String) throws(Fault) -> String? {
        guard let text = try line(field, in: CreateSandbox.nameLengths) else { return nil }
        guard !text.contains(where: \.isNewline) else { throw invalid(field, "has to be one line") }
        return text
    }

    /// Labels of an agent.
    mutating func labels(_ field: String = "labels") throws(Fault) -> [String: String]? {
        guard let labels = try map(field, limit: 64) else { return nil }
        for (name, value) in labels {
            guard CreateSandbox.nameLengths.contains(name.utf8.count), value.utf8.count <= 256,
                !name.utf8.contains(0), !value.utf8.contains(0), !name.contains("="), !name.contains(",")
            else {
                throw invalid(
                    field,
                    "has a name that is empty, too long or holds ',' or '=', or a value that is too long"
                )
            }
        }
        return labels
    }
}
