package import Model

extension Descriptor {
    /// Refuses what the provider cannot do, with the reason, before anything is called.
    package func refuseUnsupported(in spec: SandboxSpec) throws(DriverError) {
        try refuse(ports, unless: spec.ports.isEmpty, "ports")
        if let port = spec.ports.first(where: { !(1...65535).contains($0) || reservedPorts.contains($0) }) {
            throw DriverError(.unsupported, "\(name) cannot do the port \(port): the provider keeps it for itself.")
        }
        try refuseUnknownParams(of: spec)
        try refuse(memoryLimit, unless: spec.resources.memoryMb == nil, "resources.memoryMb")
        try refuse(cpuLimit, unless: spec.resources.vcpus == nil, "resources.vcpus")
        try refuse(diskLimit, unless: spec.resources.diskMb == nil, "resources.diskMb")
        guard networkPolicies.contains(spec.networkPolicy) else {
            throw DriverError(.unsupported, "\(name) cannot hold the network policy \(spec.networkPolicy.rawValue).")
        }
    }

    /// A name that nobody reads would be a wish that nobody grants.
    private func refuseUnknownParams(of spec: SandboxSpec) throws(DriverError) {
        let known = params ?? []
        guard let unknown = (spec.params ?? [:]).keys.sorted().first(where: { !known.contains($0) }) else { return }
        let others = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
        throw DriverError(.unsupported, "\(name) has no parameter '\(unknown.prefix(64))': \(others).")
    }

    private func refuse(_ support: Support, unless isUnused: Bool, _ field: String) throws(DriverError) {
        guard !isUnused, case .no(let reason) = support else { return }
        throw DriverError(.unsupported, "\(name) cannot do \(field): \(reason).")
    }
}
