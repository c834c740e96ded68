import NIOConcurrencyHelpers
import NIOCore
import ProviderKit

/// The standard input of a command: what is written while a request is under way goes with the next one.
final class CommandInput: Sendable {
    /// Bytes of one request, before base64.
    private static let pieceLimit = 192 << 10
    /// Bytes that may wait.
    private static let waitingLimit = 1 << 20
    /// A program that does not read for so many requests, of ten seconds each, is not waited for any more.
    private static let patience = 30

    private struct Shared {
        var waiting = ByteBuffer()
        var sent = 0
        var isSending = false
        var failure: DriverError?
        var writer: CheckedContinuation<Void, Never>?
    }

    private let command: String
    private let session: String
    private let api: VercelAPI
    private let shared = NIOLockedValueBox(Shared())

    init(command: String, session: String, _ api: VercelAPI) {
        self.command = command
        self.session = session
        self.api = api
    }

    /// Returns when there is room for more; one writer at a time.
    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        let begins = shared.withLockedValue { shared in
            guard shared.failure == nil else { return false }
            shared.waiting.writeImmutableBuffer(bytes)
            defer { shared.isSending = true }
            return !shared.isSending
        }
        if begins { Task { await send() } }
        await room()
        if let failure = shared.withLockedValue(\.failure) { throw failure }
    }

    /// Ends the command: a relay that is left would hold what belongs to its connection.
    ///
    /// What waits yet is not sent.
    func close() async {
        let (writer, sent, isOpen) = shared.withLockedValue { shared in
            let isOpen = shared.failure == nil
            shared.failure = shared.failure ?? DriverError(.transient, "The connection to the box was closed.")
            defer { shared.writer = nil }
            return (shared.writer, shared.sent, isOpen)
        }
        writer?.resume()
        // Nobody waits for it, and a session that is over has no commands: whatever comes of it.
        Task { [api, command, session] in
            if isOpen {
                try? await api.write(ByteBuffer(), at: sent, close: true, to: command, in: session)
            } else {
                // Nobody knows how much of the input has arrived: it cannot be ended.
                try? await api.kill(command, signal: 15, in: session)
            }
        }
    }

    private func room() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isFree = shared.withLockedValue { shared in
                    guard shared.waiting.readableBytes > Self.waitingLimit, shared.failure == nil, !Task.isCancelled
                    else {
                        return true
                    }
                    shared.writer = continuation
                    return false
                }
                if isFree { continuation.resume() }
            }
        } onCancel: {
            wakeWriter()
        }
    }

    private func wakeWriter() {
        shared.withLockedValue { shared in
            defer { shared.writer = nil }
            return shared.writer
        }?
        .resume()
    }

    private func send() async {
        while let (piece, offset) = nextPiece() {
            do throws(DriverError) {
                try await deliver(piece, at: offset)
            } catch {
                shared.withLockedValue { $0.failure = $0.failure ?? error }
                break
            }
            shared.withLockedValue { $0.sent += piece.readableBytes }
            wakeWriter()
        }
        wakeWriter()
    }

    private func nextPiece() -> (ByteBuffer, Int)? {
        shared.withLockedValue { shared in
            let length = min(shared.waiting.readableBytes, Self.pieceLimit)
            guard shared.failure == nil, length > 0, let piece = shared.waiting.readSlice(length: length) else {
                // The next writer begins anew.
                shared.isSending = false
                return nil
            }
            shared.waiting.discardReadBytes()
            return (piece, shared.sent)
        }
    }

    /// The offset keeps a repeated piece from being written twice.
    private func deliver(_ piece: ByteBuffer, at offset: Int) async throws(DriverError) {
        var tries = 0
        while true {
            do throws(DriverError) {
                return try await api.write(piece, at: offset, to: command, in: session)
            } catch {
                tries += 1
                guard error.kind == .timeout, tries < Self.patience else { throw error }
            }
        }
    }
}
