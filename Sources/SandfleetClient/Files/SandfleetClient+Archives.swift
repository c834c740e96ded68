import CurlTransport
import NIOConcurrencyHelpers
import NIOCore

extension SandfleetClient {
    /// Streams a directory of a sandbox as a tar archive of what it holds.
    public func downloadArchive(of directory: String, from sandbox: String) async throws -> ByteStream {
        var request = files(sandbox, "GET", directory)
        request.headers["Accept"] = "application/x-tar"
        return ByteStream(try await connection.open(request).body)
    }

    /// Unpacks a tar archive into a directory of a sandbox.
    ///
    /// - Parameters:
    ///   - archive: The archive's bytes.
    ///   - directory: Where it is unpacked; made when it is not there.
    ///   - sandbox: The sandbox's id.
    ///   - progress: Called with the number of bytes handed to the connection so far.
    /// - Throws: `SandfleetError`, and whatever the archive's source throws.
    public func uploadArchive(
        _ archive: UploadBody,
        into directory: String,
        in sandbox: String,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        var request = APIRequest("POST", ["v1", "sandboxes", sandbox, "files:batch"], query: [("path", directory)])
        let sent = NIOLockedValueBox(0)
        request.headers["Content-Type"] = "application/x-tar"
        request.hasDeadline = false
        request.body = archive.transportBody { chunk in
            let size = sent.withLockedValue { size in
                size += chunk.readableBytes
                return size
            }
            progress(size)
        }
        let _: UnpackedArchive = try await connection.upload(request)
    }

    private struct UnpackedArchive: Decodable {
        let path: String
    }
}
