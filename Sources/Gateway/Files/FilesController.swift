import HTTPTypes
import Hummingbird
import Model
import Store
import SwiftProtobuf
import Wire

/// `/v1/sandboxes/{id}/files` and `/dir`.
struct FilesController: Sendable {
    static let tar = "application/x-tar"

    let caller: SandboxCaller
    let settings: GatewaySettings

    var routes: [Route] {
        [
            Route(.get, "/v1/sandboxes/{id}/files", .scope(.read), handler: download),
            Route(.head, "/v1/sandboxes/{id}/files", .scope(.read), handler: head),
            Route(.put, "/v1/sandboxes/{id}/files", .scope(.write), handler: upload),
            Route(.delete, "/v1/sandboxes/{id}/files", .scope(.write), handler: remove),
            Route(.post, "/v1/sandboxes/{id}/files:batch", .scope(.write), handler: extract),
            Route(.get, "/v1/sandboxes/{id}/dir", .scope(.read), handler: list),
        ]
    }

    @Sendable private func head(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var operation = try operation(request)
        let path = try onlyPath(request)
        operation.statFile = .with { $0.path = path }
        let reply = try await ask(operation, context)
        guard case .file(let info) = reply.result else { throw Fault.otherAnswer }
        guard info.type != .directory else { throw Fault(.isDirectory, "The path is a directory.") }
        var response = Response(status: .ok, headers: FileDownload.headers(of: info))
        response.headers[.contentLength] = String(info.size)
        return response
    }

    @Sendable private func remove(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let path = try FilePath.checked(try query.required("path"))
        let recursive = try query.bool("recursive") ?? false
        try query.finish()
        var operation = try operation(request)
        operation.removeFile = .with {
            $0.path = path
            $0.recursive = recursive
        }
        // A large tree takes its time: its owner is polled instead.
        let timeout = recursive ? nil : settings.callTimeout
        let workspace = try context.principal.workspace
        _ = try await caller.ask(operation, of: try context.sandbox, in: workspace, context.call(within: timeout))
        return .noContent
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let path = try FilePath.checked(query.string("path") ?? FilePath.workspace)
        let limit = try query.integer("limit", in: 1...1000) ?? 200
        let cursor = query.string("cursor") ?? ""
        try query.finish()
        var operation = try operation(request)
        operation.listDirectory = .with {
            $0.path = path
            $0.limit = UInt32(limit)
            $0.cursor = cursor
        }
        let reply = try await ask(operation, context)
        guard case .directory(let page) = reply.result else { throw Fault.otherAnswer }
        return .json([
            "path": .string(page.path),
            "items": .array(page.entries.map { FileInfoView($0, in: page.path).json }),
            "nextCursor": .orNull(page.nextCursor.isEmpty ? nil : page.nextCursor),
        ])
    }

    func operation(_ request: Request) throws(Fault) -> WireSandboxRequest {
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        return operation
    }

    func onlyPath(_ request: Request) throws(Fault) -> String {
        var query = try QueryReader(request)
        let path = try FilePath.checked(try query.required("path"))
        try query.finish()
        return path
    }

    func ask(_ operation: WireSandboxRequest, _ context: GatewayContext) async throws -> WireSandboxReply {
        let call = context.call(within: settings.callTimeout)
        return try await caller.ask(operation, of: try context.sandbox, in: try context.principal.workspace, call)
    }
}
