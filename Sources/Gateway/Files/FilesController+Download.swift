import Bus
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Store
import SwiftProtobuf
import Wire

extension FilesController {
    /// The bytes of a file, or of a directory as a tar stream.
    @Sendable func download(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let path = try onlyPath(request)
        let isArchive = request.accepts(Self.tar)
        var operation = try operation(request)
        if isArchive {
            operation.createArchive = .with { $0.path = path }
        } else {
            operation.readFile = .with { $0.path = path }
        }
        let tunnel = try await caller.bus.openTunnel(workspace: try context.principal.workspace)
        do {
            operation.tunnel = tunnel.id.rawValue
            let reply = try await ask(operation, context)
            if isArchive { return FileDownload(tunnel: tunnel, size: nil).response(headers: [.contentType: Self.tar]) }
            guard case .file(let info) = reply.result else { throw Fault.otherAnswer }
            let headers = FileDownload.headers(of: info)
            if info.hasContent {
                tunnel.close()
                let body = ResponseBody(byteBuffer: ByteBuffer(bytes: info.content))
                return Response(status: .ok, headers: headers, body: body)
            }
            return FileDownload(tunnel: tunnel, size: info.size).response(headers: headers)
        } catch {
            tunnel.close()
            throw error
        }
    }
}

/// Carries bytes from a tunnel to the client, in pieces that its slowness holds back.
struct FileDownload: Sendable {
    private static let pieceLength = 65_536

    let tunnel: Tunnel
    /// How many bytes were promised; nil when nobody knows.
    let size: UInt64?

    static func headers(of info: WireFileInfo) -> HTTPFields {
        [
            .contentType: "application/octet-stream",
            .lastModified: HTTPDate.string(seconds: info.modifiedAt / 1_000_000_000),
            .fileMode: FileInfoView.octal(info.mode),
        ]
    }

    /// A body that ends early breaks the connection: the client must not take a part for the whole.
    func response(headers: HTTPFields) -> Response {
        let body = ResponseBody(contentLength: size.map { Int($0) }) { writer in
            defer { tunnel.close() }
            let heartbeat = tunnel.startHeartbeat()
            defer { heartbeat.cancel() }
            var sent: UInt64 = 0
            while let (_, bytes) = try await tunnel.next() {
                var rest = bytes
                sent += UInt64(rest.readableBytes)
                if let size, sent > size { throw Fault(.outcomeUnknown, "The file grew while it was read.") }
                while let piece = rest.readSlice(length: min(Self.pieceLength, rest.readableBytes)),
                    piece.readableBytes > 0
                {
                    try await writer.write(piece)
                }
            }
            if let size, sent < size { throw Fault(.outcomeUnknown, "The file shrank while it was read.") }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}
