import BoxClient
import NIOCore

/// A command that was run to its end, and everything that it wrote.
struct BoxRun: Sendable {
    var exit: BoxExit
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()
}

extension BoxConnection {
    /// Runs a command to its end; cancelled, it has the tree killed.
    func run(_ command: BoxCommand) async throws -> BoxRun {
        try await start(command).collect()
    }
}

extension BoxProcess {
    /// Takes and acknowledges everything up to the exit, and releases it.
    func collect() async throws -> BoxRun {
        var stdout = ByteBuffer()
        var stderr = ByteBuffer()
        while true {
            switch try await nextEvent() {
            case .output(.stdout, var bytes, let offset):
                acknowledge(stdout: offset + UInt64(bytes.readableBytes), stderr: 0)
                stdout.writeBuffer(&bytes)
            case .output(.stderr, var bytes, let offset):
                acknowledge(stdout: 0, stderr: offset + UInt64(bytes.readableBytes))
                stderr.writeBuffer(&bytes)
            case .exited(let exit):
                release()
                return BoxRun(exit: exit, stdout: stdout, stderr: stderr)
            }
        }
    }
}
