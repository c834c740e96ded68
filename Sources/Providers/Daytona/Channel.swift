import BoxSession
import CurlTransport
import FoundationEssentials
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
import ProviderKit

/// A relay behind a terminal that changes no byte.
final class TerminalChannel: ByteChannel {
    /// Told by the provider between the bytes.
    private struct Control: Decodable {
        var type: String
        var status: String
        var error: String?
        var exitCode: Int?
    }

    /// A connection through which nothing comes is looked after: one that is dead does not say so.
    private static let silence: Duration = .seconds(20)
    /// How often the provider is told that the box is used: a connection alone may not count as that.
    private static let activity: Duration = .seconds(60)
    /// What a relay says first; before it come a prompt and the echo of what was typed.
    private static let greeting = Array("sandfleet-relay/1 ".utf8)
    private static let preludeLimit = 64 << 10

    private let terminal: String
    private let socket: WebSocket
    private let call: ProviderCall
    private let toolbox: DaytonaToolbox
    private let keepers: [Task<Void, any Error>]
    /// What came before the greeting did; nil once it has come.
    private let prelude = NIOLockedValueBox<ByteBuffer?>(ByteBuffer())

    /// - Parameter noteActivity: Tells the provider that the box is used.
    init(
        _ terminal: String,
        _ socket: WebSocket,
        _ call: ProviderCall,
        _ toolbox: DaytonaToolbox,
        noteActivity: @escaping @Sendable () async throws -> Void
    ) {
        self.terminal = terminal
        self.socket = socket
        self.call = call
        self.toolbox = toolbox
        keepers = [
            Task { try await socket.keepAlive(every: Self.silence, answerWithin: Self.silence) },
            Task {
                while true {
                    try await Task.sleep(for: Self.activity)
                    // That one did not get through is logged by the client, and made good by the next.
                    try? await noteActivity()
                }
            },
        ]
    }

    deinit {
        for keeper in keepers { keeper.cancel() }
    }

    /// Has the terminal's shell give way to a relay.
    ///
    /// - Parameter command: Of a shell.
    func begin(_ command: String) async throws(DriverError) {
        // Raw: no byte means anything, none is added, none comes back.
        try await write(ByteBuffer(string: "stty raw -echo -iexten && exec \(command)\n"))
    }

    func read() async throws(DriverError) -> ByteBuffer? {
        while let bytes = try await receive() {
            if let bytes = try behindPrelude(bytes) { return bytes }
        }
        return nil
    }

    /// The next bytes of the terminal; nil when its program has ended well.
    private func receive() async throws(DriverError) -> ByteBuffer? {
        do {
            while let message = try await socket.receive() {
                switch message {
                case .binary(let bytes): return bytes
                case .text(let text): if try Self.isEnd(text) { return nil }
                }
            }
        } catch let error as DriverError {
            throw error
        } catch {
            throw toolbox.client.error(of: error, about: call)
        }
        throw DriverError(.transient, "The connection to the relay in the box has ended.")
    }

    private static func isEnd(_ text: String) throws(DriverError) -> Bool {
        let control: Control
        do {
            control = try JSONDecoder().decode(Control.self, from: Data(text.utf8))
        } catch {
            throw DriverError(.transient, "The provider's word on a terminal was not understood.")
        }
        switch control.status {
        case "exited":
            guard control.exitCode == 0 else {
                throw DriverError(.transient, "The relay in the box ended with \(control.exitCode ?? -1).")
            }
            return true
        case "error": throw DriverError(.transient, "There is no terminal: \(control.error?.prefix(200) ?? "")")
        default: return false
        }
    }

    private func behindPrelude(_ bytes: ByteBuffer) throws(DriverError) -> ByteBuffer? {
        let (found, length) = prelude.withLockedValue { prelude -> (ByteBuffer?, Int) in
            guard var before = prelude else { return (bytes, 0) }
            before.writeImmutableBuffer(bytes)
            guard let place = before.readableBytesView.firstRange(of: Self.greeting) else {
                prelude = before
                return (nil, before.readableBytes)
            }
            prelude = nil
            before.moveReaderIndex(to: place.lowerBound)
            return (before, 0)
        }
        guard length <= Self.preludeLimit else {
            throw DriverError(.transient, "The shell in the box says much, and starts no relay.")
        }
        return found
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        do {
            try await socket.send(.binary(bytes))
        } catch {
            throw toolbox.client.error(of: error, about: call)
        }
    }

    func close() async {
        for keeper in keepers { keeper.cancel() }
        do {
            // A terminal outlives its connections.
            try await toolbox.closeTerminal(terminal)
        } catch {
            // It has gone before, or the next connection clears it away.
        }
        await socket.close(within: .seconds(1))
    }
}
