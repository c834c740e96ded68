import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Store
import SwiftProtobuf
import Wire

extension ProcessesController {
    /// Appends the body to the process's input, for as long as the process takes it.
    @Sendable func writeInput(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let offset = try query.counter("offset")
        let ends = try query.bool("end") ?? false
        try query.finish()
        let operation = try request.operationID
        let record = try await running(context)
        Continuation.allow(request, on: context.channel)
        let input = calls.input(of: record, context)
        do {
            // Bytes without an offset go to the end: two such requests must not take each other's place.
            let state = try await writers.take(record.id) {
                try await InputStream(input: input, operation: operation).write(request.body, at: offset, ends: ends)
            }
            return .json(["offset": .integer(Int64(clamping: state.offset)), "ended": .bool(state.ended)])
        } catch let fault as Fault {
            throw try await told(fault, of: record)
        }
    }
}

/// A body on its way into a process's input, piece by piece.
private struct InputStream {
    let input: ProcessInput
    let operation: String

    /// Stops early when the process does not take a whole piece: the answer says where the caller goes on.
    func write(_ body: RequestBody, at start: UInt64?, ends: Bool) async throws -> WireStdinState {
        var offset = start
        var rest = ByteBuffer()
        var isFirst = true
        for try await bytes in body {
            rest.writeImmutableBuffer(bytes)
            while rest.readableBytes > ProcessBody.inputPiece,
                let piece = rest.readSlice(length: ProcessBody.inputPiece)
            {
                // More than one piece: from here on each has to know its place.
                if offset == nil { offset = try await input.write([], at: nil, end: false).offset }
                let state = try await write(piece, at: offset, end: false, isFirst)
                isFirst = false
                let wanted = (offset ?? 0) + UInt64(piece.readableBytes)
                guard state.offset >= wanted, !state.ended else { return state }
                offset = wanted
            }
            rest.discardReadBytes()
        }
        // A connection that broke looks like the end of the body, but its task is cancelled.
        try Task.checkCancellation()
        return try await write(rest, at: offset, end: ends, isFirst)
    }

    /// The caller's operation id is that of the first piece; of the others the offset is enough.
    private func write(_ piece: ByteBuffer, at offset: UInt64?, end: Bool, _ isFirst: Bool) async throws
        -> WireStdinState
    {
        guard isFirst else { return try await input.write(piece.readableBytesView, at: offset, end: end) }
        return try await input.write(piece.readableBytesView, at: offset, end: end, operation: operation)
    }
}
