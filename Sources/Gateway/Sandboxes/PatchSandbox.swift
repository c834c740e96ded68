import Model
import Store

extension SandboxPatch {
    /// The body of a patch: what is absent stays, null clears.
    init(_ body: JSONValue) throws(Fault) {
        self.init()
        var reader = try JSONObjectReader(body)
        switch reader.change("name") {
        case nil: break
        case .some(nil): name = .clear
        case .some(let value?): name = .set(try reader.string(value, "name", in: CreateSandbox.nameLengths))
        }
        timeoutMs = try Self.timeout("timeoutMs", &reader)
        idleTimeoutMs = try Self.timeout("idleTimeoutMs", &reader)
        metadata = try reader.map("metadata")
        tags = try reader.map("tags")
        persistent = try reader.bool("persistent")
        try reader.finish()
    }

    private static func timeout(_ name: String, _ reader: inout JSONObjectReader) throws(Fault) -> Change<Int64> {
        switch reader.change(name) {
        case nil: .keep
        case .some(nil): .clear
        case .some(let value?): .set(try reader.integer(value, name, in: CreateSandbox.timeouts))
        }
    }

    /// Whether its owner has to know.
    var changesDeadlines: Bool {
        if case .keep = timeoutMs, case .keep = idleTimeoutMs { false } else { true }
    }
}
