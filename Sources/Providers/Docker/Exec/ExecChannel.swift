import BoxSession
import CurlTransport
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
import ProviderKit

/// A command in a container: what it prints, and what it is told, byte for byte.
///
/// One task reads, any number write. Letting go of it ends the connection, and with it the command's input.
final class ExecChannel: ByteChannel {
    private struct State {
        var splitter = FrameSplitter()
        /// The end of what it wrote to standard error.
        var complaints = ""
    }

    private static let complaintLimit = 1_000

    private let stream: UpgradedStream
    private let exec: String
    private let container: String
    private let call: ProviderCall
    private let engine: Engine
    private let state = NIOLockedValueBox(State())

    init(_ stream: UpgradedStream, exec: String, in container: String, _ call: ProviderCall, engine: Engine) {
        self.stream = stream
        self.exec = exec
        self.container = container
        self.call = call
        self.engine = engine
    }

    /// What it has complained about so far, for messages.
    var complaints: String { state.withLockedValue { $0.complaints } }

    /// The next bytes of its standard output; nil at the end.
    func read() async throws(DriverError) -> ByteBuffer? {
        while true {
            if let bytes = try pending() { return bytes }
            let bytes: ByteBuffer?
            do {
                bytes = try await stream.read()
            } catch {
                throw engine.client.error(of: error, about: call)
            }
            guard let bytes else {
                guard state.withLockedValue({ $0.splitter.isBetweenFrames }) else {
                    throw DriverError(.transient, "The engine has cut off the output of a command.")
                }
                return nil
            }
            state.withLockedValue { $0.splitter.feed(bytes) }
        }
    }

    /// Returns when there is room for more.
    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        do {
            try await stream.write(bytes)
        } catch {
            throw engine.client.error(of: error, about: call)
        }
    }

    /// Ends its input; over TLS that ends the connection.
    func finishWriting() async throws(DriverError) {
        do {
            if stream.canFinishWriting { try stream.finishWriting() } else { stream.close() }
        } catch {
            throw engine.client.error(of: error, about: call)
        }
    }

    func close() async {
        stream.close()
    }

    /// As while it is saved.
    func standsStill() async -> Bool {
        do {
            return ObservedState<ContainerState>(try await engine.state(of: container)).word == .paused
        } catch {
            // An engine that does not answer is what is looked for.
            return false
        }
    }

    /// Its exit code, once its output has ended.
    func exitCode() async throws(DriverError) -> Int {
        let wait = BoundedWait(limit: .seconds(30), firstPause: .milliseconds(5), clock: ContinuousClock())
        return try await wait.until("a command to end") {
            () throws(DriverError) -> BoundedWait<ContinuousClock>.Look<Int> in
            let outcome = try await engine.outcome(ofExec: exec)
            guard !outcome.isRunning, let code = outcome.exitCode else { return .notYet("it runs") }
            return .ready(code)
        }
    }

    private func pending() throws(DriverError) -> ByteBuffer? {
        do {
            return try state.withLockedValue { state in
                while let (kind, bytes) = try state.splitter.next() {
                    if kind == .stdout { return bytes }
                    state.complaints = String((state.complaints + String(buffer: bytes)).suffix(Self.complaintLimit))
                }
                return nil
            }
        } catch {
            throw DriverError(.transient, "The engine does not keep the form of a command's output.")
        }
    }
}
