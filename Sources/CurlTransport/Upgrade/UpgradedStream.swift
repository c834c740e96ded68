package import NIOCore

/// Bytes in both directions on an upgraded connection, each at the pace of its slower side.
///
/// One task reads at a time; any number write, and each write stays whole. Letting go of the stream closes it.
package final class UpgradedStream: Sendable {
    private let upgrade: Upgrade

    init(_ upgrade: Upgrade) {
        self.upgrade = upgrade
    }

    deinit {
        upgrade.close()
    }

    /// Everything that has arrived since the last call, nil once the peer has ended its direction.
    ///
    /// Cancelling it loses nothing: the next call gets what this one would have got.
    package func read() async throws -> ByteBuffer? {
        try await upgrade.read()
    }

    /// Queues bytes, and returns when there is room for more.
    ///
    /// When it is cancelled the bytes are sent all the same, or not at all if it was cancelled before.
    package func write(_ bytes: ByteBuffer) async throws {
        try await upgrade.write(bytes)
    }

    /// The same of several pieces: nobody else's come between them, and what is urgent does.
    func write(_ pieces: [ByteBuffer]) async throws {
        try await upgrade.wait(.write(pieces))
    }

    /// Queues bytes before everything that waits already; returns at once, unless much of that kind waits.
    func urge(_ bytes: ByteBuffer) async throws {
        try await upgrade.wait(.urge(bytes))
    }

    /// Queues the last bytes of this side; what waits already is dropped.
    func finish(_ bytes: ByteBuffer) async throws {
        try await upgrade.wait(.finish(bytes))
    }

    /// Returns when everything written so far has been handed to the connection.
    package func flush() async throws {
        try await upgrade.wait(.flush)
    }

    /// Returns when the connection is over, for whatever reason, or the task is cancelled.
    package func waitUntilClosed() async {
        try? await upgrade.wait(.end)
    }

    /// Whoever writes now waits for room.
    var isFull: Bool { upgrade.transition { $0.isFull } }

    /// Whether this side alone can be ended; libcurl cannot do it on TLS.
    package var canFinishWriting: Bool { upgrade.canFinishWriting }

    /// Ends this side's direction after everything written so far.
    ///
    /// - Throws: `invalidRequest` where `canFinishWriting` is false.
    package func finishWriting() throws {
        try upgrade.finishWriting()
    }

    /// Closes the connection at once; what was not handed to it is dropped.
    package func close() {
        upgrade.close()
    }
}
