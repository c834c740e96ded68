package import Model
package import NIOCore

/// A live box as its owner sees it.
package protocol Box: Sendable {
    /// What to store so that the box can be found again.
    var envelope: Envelope { get }

    /// The call that gave this handle made or started the box: nothing that ran before runs in it.
    var isFresh: Bool { get }

    /// Why what ran in it before is no more, in one of our words; nil when nothing says so.
    var lossReason: String? { get }

    /// When the provider ends it at the latest, where the provider tells that of each box; nil is the descriptor's time from its
    /// start on.
    var endsAt: ContinuousClock.Instant? { get }

    /// Says what would refuse a start, before anything is written down about it.
    func prepareStart() async throws(DriverError)

    /// Starts a command whose output is read as it comes. A durable one outlives this handle and its owner.
    func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess

    /// Follows a durable process, whoever started it, from these offsets of its output on; what lies before them counts as
    /// acknowledged.
    ///
    /// - Throws: `processGone` when the box answers, and knows no such process.
    func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess

    /// The durable processes that the box knows: those that run, and those that have ended and were not released.
    func processes() async throws(DriverError) -> [BoxProcessListing]

    /// Opens a regular file for reading.
    func read(_ path: String) async throws(DriverError) -> any BoxFileReader

    /// Opens a file for an atomic replacement: nothing is visible under `path` before `commit`.
    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter

    func stat(_ path: String) async throws(DriverError) -> FileInfo

    /// Lists a directory in the order of names, from after `cursor`.
    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage

    func makeDirectory(_ path: String) async throws(DriverError)

    func remove(_ path: String, recursive: Bool) async throws(DriverError)

    /// Where one of its ports is reached from outside.
    ///
    /// - Throws: `unsupported` where ports are not reached, or this one was not named when it had to be.
    func address(ofPort port: Int) async throws(DriverError) -> PortAddress

    /// Becomes finished when the box does not answer any more, for whatever reason.
    func waitUntilClosed() async

    /// Drops this handle; the box lives on.
    func detach() async
}

extension Box {
    package var lossReason: String? { nil }

    package var endsAt: ContinuousClock.Instant? { nil }

    package func prepareStart() async throws(DriverError) {}

    package func address(ofPort port: Int) async throws(DriverError) -> PortAddress {
        throw DriverError(.unsupported, "Ports of this sandbox are not reached from outside.")
    }
}

/// A running program in a box.
package protocol BoxProcess: Sendable {
    /// The provider's id of the process.
    var externalID: String { get }

    /// The next thing that happened; nil after the exit. Of a process that is not durable, taking an event makes room for
    /// more; of a durable one, acknowledging does.
    func next() async throws(DriverError) -> ProcessEvent?

    /// The output before these offsets is stored elsewhere: the far end may forget it.
    func acknowledge(stdout: UInt64, stderr: UInt64)

    /// Everything about a durable process that has ended is stored elsewhere: the far end may forget it.
    func release()

    /// Sends bytes to the program's input; returns when there is room for more.
    func write(_ bytes: ByteBuffer) async throws(DriverError)

    /// Appends to the program's input at an offset, counted from its first byte, whoever wrote what came before. What the far
    /// end has already is skipped; a gap is `invalid`. Waits for room at most so long.
    ///
    /// - Parameter offset: Nil appends at the end.
    /// - Returns: All bytes that the far end has taken, perhaps fewer than were given; and whether the input has ended.
    func append(
        _ bytes: ByteBuffer,
        at offset: UInt64?,
        end: Bool,
        within limit: Duration
    ) async throws(DriverError) -> InputState

    func closeInput() async throws(DriverError)

    /// Changes the size of its terminal.
    func resize(rows: UInt16, columns: UInt16) async throws(DriverError)

    /// Sends a signal, by number, to the whole tree.
    func signal(_ number: Int32) async throws(DriverError)

    /// Ends the whole tree: TERM, a pause, KILL; returns once it is verified dead.
    func kill(grace: Duration) async throws(DriverError)
}
