import NIOCore
import SandfleetClient
import Testing

/// All that came of a process's output, held to its promises: numbers without holes, offsets that fit, one end.
struct Gathered {
    private(set) var stdout = ByteBuffer()
    private(set) var stderr = ByteBuffer()
    private(set) var types: [OutputChunk.Kind] = []
    private(set) var exit: ProcessExit?

    init(_ output: ProcessOutput) async throws {
        for try await chunk in output {
            try #require(exit == nil, "chunk \(chunk.sequence) after the end")
            try #require(chunk.sequence == types.count + 1)
            take(chunk)
        }
    }

    private mutating func take(_ chunk: OutputChunk) {
        types.append(chunk.type)
        exit = chunk.exit
        guard var bytes = chunk.bytes else { return }
        if chunk.type == .stdout {
            #expect(chunk.offset == stdout.readableBytes)
            stdout.writeBuffer(&bytes)
        } else {
            #expect(chunk.offset == stderr.readableBytes)
            stderr.writeBuffer(&bytes)
        }
    }
}

extension SandfleetClient {
    /// The bytes of a file in a sandbox.
    func content(of path: String, in sandbox: String) async throws -> ByteBuffer {
        var content = ByteBuffer()
        for try await bytes in try await download(path, from: sandbox).bytes { content.writeImmutableBuffer(bytes) }
        return content
    }
}
