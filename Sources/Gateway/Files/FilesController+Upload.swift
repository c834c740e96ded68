import Bus
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Store
import SwiftProtobuf
import Wire

extension FilesController {
    /// A body that says it has at most this size goes with the request itself.
    private static let inlineLimit = 262_144

    /// Replaces a file in one step, with what was sent and nothing else.
    @Sendable func upload(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let path = try FilePath.checkedTarget(try query.required("path"))
        let mode = try Self.mode(query.string("mode"), query)
        try query.finish()
        var operation = try operation(request)
        operation.writeFile = .with {
            $0.path = path
            $0.mode = mode
        }
        var digest = try ContentDigest(request.headers)
        Continuation.allow(request, on: context.channel)
        let reply: WireSandboxReply
        let sent: ContentDigest.Measure
        if let length = digest.promisedLength, length <= Self.inlineLimit {
            let content = try await request.body.collect(upTo: Self.inlineLimit)
            try Task.checkCancellation()
            digest.update(content)
            sent = try digest.finish()
            operation.writeFile.content = Data(content.readableBytesView)
            reply = try await ask(operation, context)
        } else {
            (reply, sent) = try await stream(request.body, digest, operation, context)
        }
        guard case .file(let info) = reply.result else { throw Fault.otherAnswer }
        guard info.size == UInt64(sent.length), sent.sha256 == nil || info.sha256 == sent.sha256 else {
            throw Fault(
                .outcomeUnknown,
                "The file in the sandbox is not what was sent.",
                hint: "Send it again.",
                details: ["size": "\(info.size)", "sentSize": "\(sent.length)"]
            )
        }
        return .json(FileInfoView(info).json)
    }

    /// Unpacks a tar stream into a directory.
    @Sendable func extract(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let path = try FilePath.checked(query.string("path") ?? FilePath.workspace)
        try query.finish()
        guard request.headers[.contentType].map({ $0.lowercased().hasPrefix(Self.tar) }) ?? true else {
            throw Fault(.unsupportedMediaType, "The body has to be \(Self.tar).")
        }
        var operation = try operation(request)
        operation.extractArchive = .with { $0.path = path }
        let digest = try ContentDigest(request.headers)
        Continuation.allow(request, on: context.channel)
        let (_, sent) = try await stream(request.body, digest, operation, context)
        return .json(["path": .string(path), "bytes": .integer(Int64(sent.length))])
    }

    /// Sends a body as it comes, however long it is.
    private func stream(
        _ body: RequestBody,
        _ digest: ContentDigest,
        _ operation: WireSandboxRequest,
        _ context: GatewayContext
    ) async throws -> (reply: WireSandboxReply, sent: ContentDigest.Measure) {
        let upload = Upload(
            caller: caller,
            sandbox: try context.sandbox,
            workspace: try context.principal.workspace,
            context: context
        )
        return try await upload.send(operation, body: body, digest: digest)
    }

    private static func mode(_ text: String?, _ query: QueryReader) throws(Fault) -> UInt32 {
        guard let text else { return 0 }
        guard let mode = UInt32(text, radix: 8), (1...0o7777).contains(mode) else {
            throw query.invalid("mode", "has to be octal permission bits, as in 0644")
        }
        return mode
    }
}
