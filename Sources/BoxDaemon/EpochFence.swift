import BoxProtocol
import ExecutionEngine

/// Remembers for which sandbox the box works, and the highest epoch that has spoken to it.
struct EpochFence {
    private(set) var highest: UInt64 = 0
    private var sandbox = ""

    /// Where it is remembered beyond the daemon's life.
    private let file: FenceFile?

    /// Goes on where the file stands.
    init(_ file: FenceFile? = nil) throws(SystemError) {
        self.file = file
        if let record = try file?.read() {
            highest = record.epoch
            sandbox = record.sandbox
        }
    }

    /// Returns why a client may not speak, or nil.
    ///
    /// Throws when a higher epoch cannot be remembered; then it has not been admitted.
    mutating func admit(_ hello: HelloMessage) throws(SystemError) -> FailureCode? {
        guard hello.version == Frame.version else { return .unsupportedVersion }
        // A box that waits in a pool has no sandbox until the first client names one.
        guard sandbox.isEmpty || hello.sandbox == sandbox else { return .wrongSandbox }
        guard hello.epoch >= highest else { return .staleEpoch }
        if hello.epoch > highest || hello.sandbox != sandbox {
            try file?.write(FenceFile.Record(epoch: hello.epoch, sandbox: hello.sandbox))
        }
        sandbox = hello.sandbox
        highest = hello.epoch
        return nil
    }
}
