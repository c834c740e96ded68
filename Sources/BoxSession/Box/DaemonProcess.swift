import BoxClient
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit

/// A running program of a box's daemon.
///
/// It ends with this handle's connection, unless it is durable.
final class DaemonProcess: ProviderKit.BoxProcess {
    private let process: BoxClient.BoxProcess
    private let hasEnded = NIOLockedValueBox(false)

    init(_ process: BoxClient.BoxProcess) {
        self.process = process
    }

    var externalID: String { process.id }

    func next() async throws(DriverError) -> ProcessEvent? {
        if hasEnded.withLockedValue({ $0 }) { return nil }
        switch try await mapped({ try await process.nextEvent() }) {
        case .output(.stdout, let bytes, let offset): return .stdout(bytes, offset: offset)
        case .output(.stderr, let bytes, let offset): return .stderr(bytes, offset: offset)
        case .exited(let exit):
            hasEnded.withLockedValue { $0 = true }
            if !process.isDetached { process.release() }
            return .exited(ProcessExit(exit))
        }
    }

    func acknowledge(stdout: UInt64, stderr: UInt64) {
        process.acknowledge(stdout: stdout, stderr: stderr)
    }

    func release() {
        process.release()
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        let (input, taken) = try await mapped { try await process.append(bytes) }
        guard taken == bytes.readableBytes || !input.hasEnded else {
            throw DriverError(.invalid, "the program does not read its input any more")
        }
    }

    func append(
        _ bytes: ByteBuffer,
        at offset: UInt64?,
        end: Bool,
        within limit: Duration
    ) async throws(DriverError) -> InputState {
        let (input, _) = try await mapped {
            try await process.append(bytes, at: offset, isLast: end, within: limit)
        }
        return InputState(offset: input.offset, hasEnded: input.hasEnded)
    }

    func closeInput() async throws(DriverError) {
        _ = try await mapped { try await process.append(ByteBuffer(), isLast: true) }
    }

    func resize(rows: UInt16, columns: UInt16) async throws(DriverError) {
        try await mapped { try await process.resize(BoxClient.BoxCommand.Terminal(rows: rows, columns: columns)) }
    }

    func signal(_ number: Int32) async throws(DriverError) {
        try await mapped { try await process.signal(number) }
    }

    func kill(grace: Duration) async throws(DriverError) {
        try await mapped { try await process.kill(grace: grace) }
    }
}

extension ProcessExit {
    init(_ exit: BoxExit) {
        self.init(code: exit.code, signal: exit.signal, timedOut: exit.timedOut, outputOpen: exit.outputOpen)
    }
}
