import CurlTransport
import NIOConcurrencyHelpers
import NIOCore

extension SandfleetClient {
    private static let archiveType = "application/zstd"

    /// Streams the workspace and the home directory of a sandbox as a tar archive, compressed with zstd.
    ///
    /// It is whole when its bytes end without an error.
    public func exportWorkspace(of sandbox: String) async throws -> ByteStream {
        var request = APIRequest("GET", ["v1", "sandboxes", sandbox, "export"])
        request.headers["Accept"] = Self.archiveType
        return ByteStream(try await connection.open(request).body)
    }

    /// Unpacks an archive, as `exportWorkspace` makes it, into a sandbox.
    ///
    /// Every entry is looked at first: what leads out of the workspace, and devices, are refused.
    ///
    /// - Parameters:
    ///   - archive: A tar archive, compressed with zstd.
    ///   - sandbox: The sandbox's id.
    ///   - replace: Whether what was there before goes; otherwise it stays where the archive has nothing of its name.
    ///   - progress: Called with the number of bytes handed to the connection so far.
    /// - Throws: `SandfleetError`, and whatever the archive's source throws.
    public func importWorkspace(
        _ archive: UploadBody,
        into sandbox: String,
        replace: Bool = false,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let query = [("replace", Optional(replace ? "true" : "false"))]
        var request = APIRequest("POST", ["v1", "sandboxes", sandbox, "import"], query: query)
        let sent = NIOLockedValueBox(0)
        request.headers["Content-Type"] = Self.archiveType
        request.headers["X-Operation-Id"] = Self.newOperation()
        request.hasDeadline = false
        request.body = archive.transportBody { chunk in
            let size = sent.withLockedValue { size in
                size += chunk.readableBytes
                return size
            }
            progress(size)
        }
        try await connection.upload(request)
    }
}
