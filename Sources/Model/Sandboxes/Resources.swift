/// Limits asked for a sandbox; nil means the provider's default.
package struct Resources: Sendable, Hashable, Codable {
    /// Processor time, in whole cores; fractions are allowed.
    package var vcpus: Double?
    /// Memory in MiB.
    package var memoryMb: Int?
    /// Writable disk in MiB.
    package var diskMb: Int?

    package init(vcpus: Double? = nil, memoryMb: Int? = nil, diskMb: Int? = nil) {
        self.vcpus = vcpus
        self.memoryMb = memoryMb
        self.diskMb = diskMb
    }
}
