import BoxProtocol
import NIOCore
import ProviderKit

/// A channel whose relay has said its first line.
struct GreetedChannel: Sendable {
    let greeting: RelayGreeting
    let channel: any ByteChannel
    /// What has come behind the greeting already.
    let first: ByteBuffer

    /// - Throws: `transient` when something else comes than a relay's greeting.
    static func greet(_ channel: any ByteChannel) async throws(DriverError) -> GreetedChannel {
        var received = ByteBuffer()
        while true {
            if let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - received.readableBytesView.startIndex + 1
                let line = received.readString(length: length).map { $0.filter { !$0.isNewline } } ?? ""
                guard let greeting = RelayGreeting(parsing: line) else { throw refusal(line) }
                return GreetedChannel(greeting: greeting, channel: channel, first: received)
            }
            guard received.readableBytes <= RelayGreeting.maximumLength else { throw refusal(String(buffer: received)) }
            guard var bytes = try await channel.read() else { throw refusal(String(buffer: received)) }
            received.writeBuffer(&bytes)
        }
    }

    private static func refusal(_ said: String) -> DriverError {
        let said = said.prefix(RelayGreeting.maximumLength).filter { !$0.isNewline }
        return DriverError(.transient, "the relay of the box did not start\(said.isEmpty ? "" : ": \(said)")")
    }
}
