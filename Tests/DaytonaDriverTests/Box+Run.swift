import Model
import NIOCore
import ProviderKit

/// What a program has written, and how it ended.
struct Transcript {
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()
    var exit: ProcessExit?

    var text: String { String(buffer: stdout) }
}

extension BoxProcess {
    /// Follows it to its end, or until it has written so much.
    func transcript(until limit: Int = .max) async throws -> Transcript {
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

extension Box {
    /// What a shell says to a script that succeeds.
    func shell(_ script: String) async throws -> String {
        let process = try await start(BoxCommand(id: newID(), arguments: ["/bin/sh", "-c", script]))
        let transcript = try await process.transcript()
        guard transcript.exit?.code == 0 else {
            throw DriverError(.invalid, "\(script): \(transcript.exit as Any) \(String(buffer: transcript.stderr))")
        }
        return transcript.text
    }

    func newID() -> String { BoxID.new().rawValue }
}
