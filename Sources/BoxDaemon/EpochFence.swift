import BoxProtocol

/// Remembers for which sandbox the box works, and the highest epoch that has spoken to it.
struct EpochFence {
    private(set) var highest: UInt64 = 0
    private var sandbox = ""

    /// Returns why a client may not speak, or nil.
    mutating func admit(_ hello: HelloMessage) -> FailureCode? {
        guard hello.version == Frame.version else { return .unsupportedVersion }
        // A box that waits in a pool has no sandbox until the first client names one.
        guard sandbox.isEmpty || hello.sandbox == sandbox else { return .wrongSandbox }
        guard hello.epoch >= highest else { return .staleEpoch }
        sandbox = hello.sandbox
        highest = hello.epoch
        return nil
    }
}
