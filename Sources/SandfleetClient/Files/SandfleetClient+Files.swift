import Crypto
import CurlTransport
import NIOConcurrencyHelpers
import NIOCore

extension SandfleetClient {
    /// Opens a file of a sandbox for reading.
    public func download(_ path: String, from sandbox: String) async throws -> FileDownload {
        var request = files(sandbox, "GET", path)
        request.headers["Accept"] = "application/octet-stream"
        let response = try await connection.open(request)
        return FileDownload(
            size: response.headers["Content-Length"].flatMap(Int.init),
            mode: response.headers["X-Sandfleet-Mode"].flatMap { Int($0, radix: 8) },
            bytes: ByteStream(response.body)
        )
    }

    /// Stores a file in a sandbox, atomically: it is there as a whole or not at all.
    ///
    /// - Parameters:
    ///   - body: Its bytes.
    ///   - path: Where it goes; directories on the way are made.
    ///   - sandbox: The sandbox's id.
    ///   - mode: Its permission bits; nil leaves them to the fleet.
    ///   - progress: Called with the number of bytes handed to the connection so far.
    /// - Returns: The file as it was stored, after its digest was compared with that of what was sent.
    /// - Throws: `SandfleetError`, and whatever the body's source throws.
    public func upload(
        _ body: UploadBody,
        to path: String,
        in sandbox: String,
        mode: Int? = nil,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> FileInfo {
        var request = files(sandbox, "PUT", path, [("mode", mode.map { "0" + String($0, radix: 8) })])
        let sent = NIOLockedValueBox((hash: SHA256(), size: 0))
        request.headers["Content-Type"] = "application/octet-stream"
        request.hasDeadline = false
        request.isRepeatable = false
        request.body = body.transportBody { chunk in
            let size = sent.withLockedValue { sent in
                chunk.withUnsafeReadableBytes { sent.hash.update(bufferPointer: $0) }
                sent.size += chunk.readableBytes
                return sent.size
            }
            progress(size)
        }
        let stored: FileInfo = try await connection.upload(request)
        let digest = sent.withLockedValue { $0.hash.finalize().hexadecimal }
        guard stored.sha256 == nil || stored.sha256?.lowercased() == digest else {
            throw SandfleetError(
                .digestMismatch,
                "what was stored differs from what was sent",
                hint: "send the file again"
            )
        }
        return stored
    }

    /// Removes a file, or with `recursive` a directory and everything in it.
    public func deleteFile(_ path: String, in sandbox: String, recursive: Bool = false) async throws {
        try await connection.perform(files(sandbox, "DELETE", path, [("recursive", recursive ? "true" : nil)]))
    }

    /// One page of a directory's entries.
    public func directory(
        _ path: String,
        in sandbox: String,
        limit: Int? = nil,
        cursor: String? = nil
    ) async throws -> DirectoryListing {
        let query = [("path", path), ("limit", limit.map(String.init)), ("cursor", cursor)]
        return try await connection.value(APIRequest("GET", ["v1", "sandboxes", sandbox, "dir"], query: query))
    }

    func files(
        _ sandbox: String,
        _ method: String,
        _ path: String,
        _ query: [(name: String, value: String?)] = []
    ) -> APIRequest {
        APIRequest(method, ["v1", "sandboxes", sandbox, "files"], query: [("path", path)] + query)
    }
}
