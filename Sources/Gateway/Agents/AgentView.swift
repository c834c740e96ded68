import Model
package import Store

/// A user's own machine, as the API shows it.
package struct AgentView: Sendable {
    private let agent: AgentRecord

    package init(_ agent: AgentRecord) {
        self.agent = agent
    }

    package var json: JSONValue {
        [
            "id": .string(agent.id.rawValue),
            "name": .string(agent.name),
            "labels": .map(agent.labels),
            "state": .string(agent.state.rawValue),
            "stateAt": .string(ISO8601.string(agent.stateAt)),
            "hostName": .string(agent.hostName),
            "instance": .orNull(agent.instance?.rawValue),
            "lastBeatAt": .orNull(agent.lastBeatAt.map { ISO8601.string($0) }),
            "reconnectWindowMs": .integer(Int64(agent.reconnectWindowMs)),
            "capabilities": agent.capabilities.map { Self.json($0) } ?? .null,
            "load": agent.load.map { Self.json($0) } ?? .null,
            "publicKey": .string(agent.publicKey),
            "createdAt": .string(ISO8601.string(agent.createdAt)),
        ]
    }

    private static func json(_ capabilities: AgentCapabilities) -> JSONValue {
        [
            "version": .string(capabilities.version),
            "os": .string(capabilities.os),
            "architecture": .string(capabilities.architecture),
            "tools": .strings(capabilities.tools),
            "desktop": .bool(capabilities.desktop),
            "exec": .bool(capabilities.exec),
            "files": .bool(capabilities.files),
            "isolated": .bool(capabilities.isolated),
            "denials": .map(capabilities.denials),
            "maximumProcesses": .integer(Int64(capabilities.maximumProcesses)),
            "memoryLimitBytes": .integer(capabilities.memoryLimitBytes),
            "processors": .integer(Int64(capabilities.processors)),
            "memoryBytes": .integer(capabilities.memoryBytes),
            "root": .string(capabilities.root),
        ]
    }

    private static func json(_ load: AgentLoad) -> JSONValue {
        [
            "sandboxes": .integer(Int64(load.sandboxes)),
            "processes": .integer(Int64(load.processes)),
            "operations": .integer(Int64(load.operations)),
            "loadAverage": .number(Double(load.loadAverage) / 100),
            "memoryFreeBytes": .integer(load.memoryFreeBytes),
            "spooledBytes": .integer(load.spooledBytes),
        ]
    }
}
