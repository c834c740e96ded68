import FoundationEssentials
import SandfleetClient

extension Sandbox {
    /// All that a person wants to know of it, a line each.
    var text: String {
        var table = TextTable(["ID", id])
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { table.add([name, value]) }
        }
        add("NAME", name)
        add("PROVIDER", provider)
        add("STATUS", status.rawValue)
        add("ERROR", error.map { [$0.code, $0.message].compactMap(\.self).joined(separator: ": ") })
        add("BOX", externalSandboxId)
        add("IMAGE", image)
        add("VCPUS", resources.vcpus.map { "\($0)" })
        add("MEMORY", resources.memoryMb.map { "\($0) MiB" })
        add("DISK", resources.diskMb.map { "\($0) MiB" })
        add("PERSISTENT", persistent ? "yes" : "no")
        add("NETWORK", networkPolicy?.rawValue)
        add("TAGS", tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
        add("CREATED", createdAt.map { $0.formatted(.iso8601) })
        add("EXPIRES", expiresAt.map { $0.formatted(.iso8601) })
        add("STOPPED", shutdownAt.map { $0.formatted(.iso8601) })
        return table.text
    }
}
