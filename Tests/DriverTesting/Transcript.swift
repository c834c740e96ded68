package import NIOCore
package import ProviderKit

/// What a program has written, and how it ended.
package struct Transcript {
    package var stdout = ByteBuffer()
    package var stderr = ByteBuffer()
    package var exit: ProcessExit?

    package var text: String { String(buffer: stdout) }
}

extension BoxProcess {
    /// Follows it to its end, or until it has written so much.
    package func transcript(until limit: Int = .max) async throws -> Transcript {
        var transcript = Transcript()
        while transcript.stdout.readableBytes < limit, let event = try await next() {
            switch event {
            case .stdout(let bytes, let offset):
                transcript.stdout.writeImmutableBuffer(bytes)
                acknowledge(stdout: offset + UInt64(bytes.readableBytes), stderr: 0)
            case .stderr(let bytes, _): transcript.stderr.writeImmutableBuffer(bytes)
            case .exited(let exit): transcript.exit = exit
            }
        }
        return transcript
    }
}
