package import Model
package import ProviderKit

extension DockerConfiguration {
    /// - Throws: `invalid`, naming the variable.
    package init(
        _ variables: ProviderCredentials,
        fleet: FleetID,
        daemonPath: String
    ) throws(DriverError) {
        func text(_ variable: CredentialVariable) -> String? { variables[variable.name]?.reveal() }
        self.init(
            endpoint: try DockerEndpoint(
                host: text(DockerVariables.host),
                verifiesTLS: text(DockerVariables.verifiesTLS) != nil,
                certificatePath: text(DockerVariables.certificates)
            ),
            fleet: fleet,
            daemonPath: daemonPath
        )
        image = text(DockerVariables.image) ?? image
        network = text(DockerVariables.network) ?? network
        attachedNetworks = text(DockerVariables.attached).map(Self.words) ?? []
        if let word = text(DockerVariables.ports) {
            guard let access = PortAccess(rawValue: word) else {
                try Self.refuse(DockerVariables.ports, "loopback or network")
            }
            ports = access
        }
        user = text(DockerVariables.user)
        memoryMb = try text(DockerVariables.memory)
            .map { word throws(DriverError) in
                try Self.number(word, in: 8...(1 << 30), DockerVariables.memory)
            }
        if let word = text(DockerVariables.vcpus) {
            guard let count = Double(word), count >= 0.01, count <= 4_096 else {
                try Self.refuse(DockerVariables.vcpus, "a number from 0.01 to 4096")
            }
            vcpus = count
        }
        if let word = text(DockerVariables.processes) {
            processes = try Self.number(word, in: 16...4_194_304, DockerVariables.processes)
        }
        if let words = text(DockerVariables.capabilities) {
            // Docker's own word for it: with `none` root in a box is an ordinary user.
            capabilities = words == "none" ? [] : Self.words(words)
        }
        if let words = text(DockerVariables.volumes) {
            volumes = try DockerVolume.parse(words, DockerVariables.volumes.name)
        }
        runtime = text(DockerVariables.runtime)
        registry = try variables[DockerVariables.registry.name]
            .map { secret throws(DriverError) in try RegistryAccount(secret) }
    }

    private static func words(_ text: String) -> [String] {
        text.split { $0 == "," || $0 == " " }.map(String.init)
    }

    private static func number(
        _ text: String,
        in range: ClosedRange<Int>,
        _ variable: CredentialVariable
    ) throws(DriverError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            try refuse(variable, "a whole number, \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func refuse(_ variable: CredentialVariable, _ what: String) throws(DriverError) -> Never {
        throw DriverError(.invalid, "\(variable.name) has to be \(what).")
    }
}
