package import NIOCore
package import ProviderKit

/// Both directions of bytes between here and a relay in a box: what a driver makes of its provider's interactive exec.
package protocol ByteChannel: Sendable {
    /// The next bytes; nil at the end. One reader at a time; a cancelled one stops waiting.
    func read() async throws(DriverError) -> ByteBuffer?

    /// Returns when there is room for more. One writer at a time; a cancelled one stops waiting.
    func write(_ bytes: ByteBuffer) async throws(DriverError)

    /// Ends the relay, or lets it end. Closing what is closed does nothing; whoever reads or writes is woken.
    func close() async

    /// Nothing has come for too long: what it is read from is let go of and taken up anew, where that loses nothing.
    func renew() async

    /// Whether the provider says that the box stands still: then nothing is to be expected, and nothing is wrong.
    func standsStill() async -> Bool
}

extension ByteChannel {
    /// Most have one connection for both directions, which cannot be replaced.
    package func renew() async {}

    /// Boxes of most providers never do while somebody is connected.
    package func standsStill() async -> Bool { false }
}
