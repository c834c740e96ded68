package import Model

/// What a sandbox needs of its provider; nil and false are no wish.
package struct ProviderNeeds: Sendable, Hashable {
    package var os: String?
    package var region: String?
    package var desktop: Bool
    package var snapshots: Bool
    package var volumes: Bool
    package var networkPolicy: NetworkPolicy?
    package var ports: [Int]
    package var resources: Resources

    package init(
        os: String? = nil,
        region: String? = nil,
        desktop: Bool = false,
        snapshots: Bool = false,
        volumes: Bool = false,
        networkPolicy: NetworkPolicy? = nil,
        ports: [Int] = [],
        resources: Resources = Resources()
    ) {
        self.os = os
        self.region = region
        self.desktop = desktop
        self.snapshots = snapshots
        self.volumes = volumes
        self.networkPolicy = networkPolicy
        self.ports = ports
        self.resources = resources
    }

    package init(_ spec: SandboxSpec) {
        self.init(networkPolicy: spec.networkPolicy, ports: spec.ports, resources: spec.resources)
    }

    /// Why a provider does not do, every reason; empty when it does.
    package func obstacles(in descriptor: Descriptor) -> [String] {
        var reasons: [String] = []
        if let os, os != descriptor.os { reasons.append("its boxes run \(descriptor.os), not \(os)") }
        if let region, !descriptor.regions.contains(region) { reasons.append("it has no region \(region)") }
        let wishes = [
            (desktop, "desktop", descriptor.desktop), (snapshots, "snapshots", descriptor.snapshots),
            (volumes, "volumes", descriptor.volumes), (!ports.isEmpty, "ports", descriptor.ports),
            (resources.memoryMb != nil, "resources.memoryMb", descriptor.memoryLimit),
            (resources.vcpus != nil, "resources.vcpus", descriptor.cpuLimit),
            (resources.diskMb != nil, "resources.diskMb", descriptor.diskLimit),
        ]
        for case (true, let field, .no(let reason)) in wishes { reasons.append("\(field): \(reason)") }
        if let port = ports.first(where: descriptor.reservedPorts.contains) {
            reasons.append("it keeps the port \(port) for itself")
        }
        if let networkPolicy, !descriptor.networkPolicies.contains(networkPolicy) {
            reasons.append("it cannot hold the network policy \(networkPolicy.rawValue)")
        }
        return reasons
    }
}
