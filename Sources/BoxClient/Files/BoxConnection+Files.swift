import BoxProtocol
import ExecutionEngine
package import NIOCore

/// Paths are absolute, or relative to the box's workspace.
extension BoxConnection {
    /// What is known about a file; with `followsLinks` a symbolic link answers for what it points to.
    package func stat(_ path: String, followsLinks: Bool = true) async throws -> BoxFileInfo {
        let reply = try await channel.request(.status, PathMessage(path: path, flag: followsLinks))
        guard case .fileStatus(let status) = reply else { throw violation() }
        return BoxFileInfo(status)
    }

    package func list(_ path: String, pageSize: Int = 1000) async throws -> BoxDirectoryListing {
        let stream = channel.makeStream()
        let message = ListMessage(path: path, limit: UInt32(clamping: pageSize))
        guard case .page(let page) = try await channel.request(.list, message, stream: stream) else {
            throw violation()
        }
        return BoxDirectoryListing(connection: self, handle: stream, pageSize: pageSize, first: page)
    }

    /// With `parents` also makes what is missing above it, and is content with a directory that exists.
    package func makeDirectory(_ path: String, parents: Bool = true, mode: UInt32 = 0o755) async throws {
        try await perform(.makeDirectory, PathMessage(path: path, flag: parents, mode: mode))
    }

    /// Removes a file, a symbolic link or a directory; a directory that is not empty only recursively.
    package func remove(_ path: String, recursive: Bool = false) async throws {
        try await perform(.remove, PathMessage(path: path, flag: recursive))
    }

    package func rename(_ source: String, to destination: String) async throws {
        try await perform(.rename, RenameMessage(source: source, destination: destination))
    }

    package func openRead(_ path: String) async throws -> BoxFileReader {
        guard case .opened(let status, let descriptor) = try await channel.request(.openRead, PathMessage(path: path))
        else { throw violation() }
        return BoxFileReader(info: BoxFileInfo(status), descriptor: descriptor, threads: channel.loop.fileThreads)
    }

    package func openWrite(_ path: String, createParents: Bool = true) async throws -> BoxFileWriter {
        let stream = channel.makeStream()
        let message = PathMessage(path: path, flag: createParents)
        guard case .opened(_, let descriptor) = try await channel.request(.openWrite, message, stream: stream) else {
            throw violation()
        }
        return BoxFileWriter(descriptor: descriptor, handle: stream, connection: self)
    }

    /// Like ``openRead(_:)``, for a box that cannot hand over descriptors.
    package func openReadInline(_ path: String) async throws -> InlineFileReader {
        let stream = channel.makeStream()
        let reply = try await channel.request(.openReadInline, PathMessage(path: path), stream: stream)
        guard case .openedInline(let status) = reply else { throw violation() }
        return InlineFileReader(info: BoxFileInfo(status), handle: stream, connection: self)
    }

    /// Like ``openWrite(_:createParents:)``, for a box that cannot hand over descriptors.
    package func openWriteInline(_ path: String, createParents: Bool = true) async throws -> InlineFileWriter {
        let stream = channel.makeStream()
        let message = PathMessage(path: path, flag: createParents)
        guard case .openedInline = try await channel.request(.openWriteInline, message, stream: stream) else {
            throw violation()
        }
        return InlineFileWriter(handle: stream, connection: self)
    }

    func contents(_ message: ReadContentsMessage) async throws -> [UInt8] {
        guard case .contents(let bytes) = try await channel.request(.readContents, message) else { throw violation() }
        return bytes
    }

    /// The whole of a small file.
    package func readFile(_ path: String, limit: Int = 16 << 20) async throws -> ByteBuffer {
        let reader = try await openRead(path)
        var contents = ByteBuffer()
        while var chunk = try await reader.next() {
            contents.writeBuffer(&chunk)
            guard contents.readableBytes <= limit else { throw BoxError(.tooLarge) }
        }
        return contents
    }

    /// Replaces a file, or makes it.
    @discardableResult
    package func writeFile(
        _ path: String,
        _ contents: ByteBuffer,
        createParents: Bool = true,
        mode: UInt32? = nil
    ) async throws -> BoxFileInfo {
        let writer = try await openWrite(path, createParents: createParents)
        try await writer.write(contents)
        return try await writer.commit(mode: mode)
    }
}
