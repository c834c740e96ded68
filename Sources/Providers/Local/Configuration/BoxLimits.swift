import Model

/// What a box may use at most; nil is unlimited.
struct BoxLimits: Sendable, Hashable, Codable {
    var memoryMb: Int?
    var vcpus: Double?
    var diskMb: Int?
    /// Processes and threads together.
    var processes: Int

    /// The limits asked for, over those that every box gets.
    func applying(_ resources: Resources) -> BoxLimits {
        BoxLimits(
            memoryMb: resources.memoryMb ?? memoryMb,
            vcpus: resources.vcpus ?? vcpus,
            diskMb: resources.diskMb ?? diskMb,
            processes: processes
        )
    }
}
