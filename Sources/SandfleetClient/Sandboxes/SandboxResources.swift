/// Limits of a sandbox; what is nil is the provider's choice.
public struct SandboxResources: Codable, Hashable, Sendable {
    /// Processors; fractions are allowed.
    public var vcpus: Double?
    /// Memory in MiB.
    public var memoryMb: Int?
    /// Disk in MiB.
    public var diskMb: Int?

    /// Makes limits.
    public init(vcpus: Double? = nil, memoryMb: Int? = nil, diskMb: Int? = nil) {
        self.vcpus = vcpus
        self.memoryMb = memoryMb
        self.diskMb = diskMb
    }
}
