import BoxSession
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
import ProviderKit

/// The standard streams of a command whose output is ASCII text.
///
/// Output is a log that is followed. When the connection to it breaks, or brings nothing more, it is asked for again, and what was
/// read already is passed over: a log is given from its first byte on.
final class CommandChannel: ByteChannel {
    /// Beyond so many bytes nobody reads a log again from its beginning: whoever wants more starts another command.
    private static let replayLimit = 16 << 20
    /// Broken connections in a row that bring nothing new.
    private static let triesWithoutNews = 5
    private static let complaintLimit = 300

    private struct Reading {
        var lines: ProviderLines?
        /// The one who waits for the next record.
        var waiting: Task<LogRecord?, any Error>?
        /// Bytes of output that were handed on.
        var taken = 0
        /// Bytes that the present log has yet to repeat.
        var known = 0
        var triesWithoutNews = 0
        /// The beginning of what it wrote to standard error.
        var complaint = ""
        var isClosed = false
    }

    private let api: VercelAPI
    private let session: String
    private let command: String
    private let input: CommandInput
    private let reading = NIOLockedValueBox(Reading())

    init(_ command: CommandDocument, in session: String, _ api: VercelAPI) {
        self.api = api
        self.session = session
        self.command = command.id
        input = CommandInput(command: command.id, session: session, api)
    }

    func read() async throws(DriverError) -> ByteBuffer? {
        while !isClosed {
            let record: LogRecord?
            do throws(DriverError) {
                record = try await next()
            } catch {
                if isClosed { return nil }
                // What was cut off goes on; what was refused does not.
                guard error.kind == .transient || error.kind == .timeout, !Task.isCancelled else { throw error }
                try reopen(because: error)
                continue
            }
            guard let record else {
                // The log is whole when the command has ended; else it was merely closed.
                if try await api.command(command, in: session).exitCode != nil { return try end() }
                try reopen(because: DriverError(.transient, "The log of the relay ended early."))
                continue
            }
            switch record.content {
            case .stdout(let text): if let new = take(text) { return new }
            case .stderr(let text): note(text)
            case .failure(let code, let message):
                let error = DriverError(.transient, "The session at Vercel ended: \(message)")
                guard code == "sandbox_stream_closed" else { throw error }
                try reopen(because: error)
            case .command, .unknown: break
            }
        }
        return nil
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        try await input.write(bytes)
    }

    func close() async {
        let (isFirst, waiting) = reading.withLockedValue { reading in
            defer { reading.isClosed = true }
            // Letting go of the log ends its connection.
            reading.lines = nil
            return (!reading.isClosed, reading.waiting)
        }
        waiting?.cancel()
        if isFirst { await input.close() }
    }

    /// Whoever reads asks for the log again.
    func renew() async {
        reading.withLockedValue { $0.waiting }?.cancel()
    }

    private var isClosed: Bool { reading.withLockedValue(\.isClosed) }

    /// In a task of its own, which can be ended without ending the reader.
    private func next() async throws(DriverError) -> LogRecord? {
        let task = Task { try await following().next(as: LogRecord.self) }
        let isClosed = reading.withLockedValue { reading in
            reading.waiting = task
            return reading.isClosed
        }
        if isClosed { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        reading.withLockedValue { $0.waiting = nil }
        do {
            return try result.get()
        } catch {
            throw error as? DriverError ?? DriverError(.transient, "The log of the relay was let go of.")
        }
    }

    private func following() async throws(DriverError) -> ProviderLines {
        if let lines = reading.withLockedValue(\.lines) { return lines }
        let lines = try await api.logs(of: command, in: session)
        reading.withLockedValue { reading in
            reading.lines = lines
            reading.known = reading.taken
        }
        return lines
    }

    /// What is new of a piece of output.
    private func take(_ text: String) -> ByteBuffer? {
        reading.withLockedValue { reading in
            let bytes = text.utf8.dropFirst(reading.known)
            reading.known -= text.utf8.count - bytes.count
            guard !bytes.isEmpty else { return nil }
            reading.taken += bytes.count
            reading.triesWithoutNews = 0
            return ByteBuffer(bytes: bytes)
        }
    }

    private func note(_ text: String) {
        reading.withLockedValue { reading in
            guard reading.complaint.utf8.count < Self.complaintLimit else { return }
            reading.complaint += text.prefix(Self.complaintLimit)
        }
    }

    private func reopen(because error: DriverError) throws(DriverError) {
        let mayGoOn = reading.withLockedValue { reading in
            reading.lines = nil
            reading.complaint = ""
            reading.triesWithoutNews += 1
            return reading.taken <= Self.replayLimit && reading.triesWithoutNews <= Self.triesWithoutNews
        }
        guard mayGoOn else { throw error }
    }

    /// The relay has ended, which is an error when it said why.
    private func end() throws(DriverError) -> ByteBuffer? {
        let complaint = reading.withLockedValue { $0.complaint.filter { !$0.isNewline } }
        guard !complaint.isEmpty else { return nil }
        throw DriverError(.transient, "The relay of the box ended: \(complaint)")
    }
}
