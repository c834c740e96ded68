import Model
import ProviderKit

extension ContainerRequest {
    /// The container of a box.
    ///
    /// It begins with a process that adopts orphans and waits; everything else is started into it.
    ///
    /// - Parameters:
    ///   - image: By its id, so that it is the one that was looked at.
    ///   - program: The path of the daemon's executable in the box.
    ///   - volumes: Those that it gets beside its own.
    init(
        _ creation: BoxCreation,
        _ configuration: DockerConfiguration,
        image: String,
        program: String,
        volumes: [BoxVolume] = []
    ) throws(DriverError) {
        let spec = creation.spec
        let memory = spec.resources.memoryMb ?? configuration.memoryMb
        let vcpus = spec.resources.vcpus ?? configuration.vcpus
        // The engine's own least is 6 MB, and one hundredth of a processor.
        if let memory, !(8...(1 << 30)).contains(memory) {
            throw DriverError(.invalid, "memoryMb must be between 8 and \(1 << 30)")
        }
        if let vcpus, !(0.01...4_096).contains(vcpus) {
            throw DriverError(.invalid, "vcpus must be between 0.01 and 4096")
        }
        let isConnected = spec.networkPolicy == .full
        guard isConnected || spec.ports.isEmpty else {
            throw DriverError(.unsupported, "The ports of a box without a network cannot be reached.")
        }
        let names = spec.ports.map { "\($0)/tcp" }
        let isPublished = configuration.ports == .loopback
        let bytes = memory.map { Int64($0) << 20 }
        self.init(
            image: image,
            entrypoint: [program, "init"],
            // A saved box has its user in its image.
            user: creation.source == nil ? configuration.user : nil,
            directory: BoxPlaces.workspace,
            labels: Labels.of(creation.tag, volumes: volumes.filter { !$0.isReadOnly }.map(\.target)),
            ports: Dictionary(names.map { ($0, Nothing()) }) { first, _ in first },
            host: Host(
                memory: bytes,
                memoryAndSwap: bytes,
                nanoProcessors: vcpus.map { Int64($0 * 1_000_000_000) },
                processes: Int64(configuration.processes),
                capabilities: configuration.capabilities,
                network: isConnected ? configuration.network : "none",
                ports: isPublished
                    ? Dictionary(names.map { ($0, [HostPort(address: "127.0.0.1")]) }) { first, _ in first } : [:],
                mounts: [Mount(target: BoxPlaces.own)] + volumes.map(\.mount),
                runtime: configuration.runtime
            )
        )
    }
}
