/// What is known of a process's output when it has ended.
package struct OutputTotals: Sendable, Hashable {
    package var stdoutBytes: UInt64
    package var stderrBytes: UInt64
    package var chunkCount: UInt64
    package var streamFirst: UInt64?
    package var streamLast: UInt64?

    package init(
        stdoutBytes: UInt64 = 0,
        stderrBytes: UInt64 = 0,
        chunkCount: UInt64 = 0,
        streamFirst: UInt64? = nil,
        streamLast: UInt64? = nil
    ) {
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
        self.chunkCount = chunkCount
        self.streamFirst = streamFirst
        self.streamLast = streamLast
    }
}
