import Bus
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Store
import SwiftProtobuf
import Wire

/// `/v1/sandboxes/{id}/export` and `/import`: a workspace as a tar, compressed with zstd, as it comes and however large.
struct WorkspaceController: Sendable {
    static let mediaType = "application/zstd"

    let caller: SandboxCaller
    let settings: GatewaySettings

    var routes: [Route] {
        [
            Route(.get, "/v1/sandboxes/{id}/export", .scope(.read), handler: export),
            Route(.post, "/v1/sandboxes/{id}/import", .scope(.write), handler: importArchive),
        ]
    }

    /// A body that ends early breaks the connection: the client must not take a part for the whole.
    @Sendable private func export(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        let (sandbox, workspace) = (try context.sandbox, try context.principal.workspace)
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.exportWorkspace = WireExportWorkspace()
        let tunnel = try await caller.bus.openTunnel(workspace: workspace)
        do {
            operation.tunnel = tunnel.id.rawValue
            let call = context.call(within: settings.callTimeout)
            _ = try await caller.ask(operation, of: sandbox, in: workspace, call)
            return FileDownload(tunnel: tunnel, size: nil).response(headers: [.contentType: Self.mediaType])
        } catch {
            tunnel.close()
            throw error
        }
    }

    /// Puts an archive into the workspace; what it may not hold is refused by who unpacks it.
    @Sendable private func importArchive(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let replaces = try query.bool("replace") ?? false
        try query.finish()
        let given = request.headers[.contentType]?.lowercased().split(separator: ";").first.map { String($0) }
        guard given.map({ $0 == Self.mediaType || $0 == "application/octet-stream" }) ?? true else {
            throw Fault(.unsupportedMediaType, "The body has to be \(Self.mediaType).")
        }
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.importWorkspace = .with { $0.replace = replaces }
        let digest = try ContentDigest(request.headers)
        Continuation.allow(request, on: context.channel)
        let upload = Upload(
            caller: caller,
            sandbox: try context.sandbox,
            workspace: try context.principal.workspace,
            context: context
        )
        let (_, sent) = try await upload.send(operation, body: request.body, digest: digest)
        return .json(["bytes": .integer(Int64(sent.length))])
    }
}
