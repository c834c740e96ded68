import ArgumentParser
import SandfleetClient

/// `sandfleet providers`.
struct ProvidersCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers",
        abstract: "List the providers and what they can do.",
        discussion: """
            $ sandfleet providers
            $ sandfleet providers --json
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run(_ session: Session) async throws {
        let providers = try await session.client.providers()
        try await session.output.show(["items": providers], or: text(providers))
    }

    private func text(_ providers: [Provider]) -> String {
        var table = TextTable(["PROVIDER", "PROPERTY", "VALUE"])
        for provider in providers {
            let properties = flat(.object(provider.properties), under: "").filter { $0.name != "name" }
            for (index, property) in properties.sorted(by: { $0.name < $1.name }).enumerated() {
                table.add([index == 0 ? provider.name : " ", property.name, property.value])
            }
            if properties.isEmpty { table.add([provider.name, nil, nil]) }
        }
        return table.text
    }

    /// Every single value with the names that lead to it.
    private func flat(_ value: JSONValue, under name: String) -> [(name: String, value: String)] {
        switch value {
        case .object(let members) where members["supported"] != nil: [(name, support(members))]
        case .object(let members):
            members.flatMap { flat($0.value, under: name.isEmpty ? $0.key : "\(name).\($0.key)") }
        case .array(let items): [(name, items.map(\.text).joined(separator: ", "))]
        default: [(name, value.text)]
        }
    }
}

/// A yes, or a no with its reason.
private func support(_ members: [String: JSONValue]) -> String {
    guard members["supported"] == .bool(false) else { return "yes" }
    guard case .string(let reason)? = members["reason"] else { return "no" }
    return "no: \(reason)"
}

extension JSONValue {
    /// A single value as a person writes it.
    fileprivate var text: String {
        switch self {
        case .null: "-"
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array(let items): items.map(\.text).joined(separator: ", ")
        case .object(let members): members.keys.sorted().joined(separator: ", ")
        }
    }
}
