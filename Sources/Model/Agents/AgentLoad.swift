/// What a user's machine is busy with, as of its last beat.
package struct AgentLoad: Sendable, Hashable, Codable {
    package var sandboxes: Int
    package var processes: Int
    package var operations: Int
    /// Of one minute, in hundredths.
    package var loadAverage: Int
    package var memoryFreeBytes: Int64
    package var spooledBytes: Int64

    package init(
        sandboxes: Int,
        processes: Int,
        operations: Int,
        loadAverage: Int,
        memoryFreeBytes: Int64,
        spooledBytes: Int64
    ) {
        self.sandboxes = sandboxes
        self.processes = processes
        self.operations = operations
        self.loadAverage = loadAverage
        self.memoryFreeBytes = memoryFreeBytes
        self.spooledBytes = spooledBytes
    }
}
