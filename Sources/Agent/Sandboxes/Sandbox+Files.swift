import BoxClient
import Bus
import FoundationEssentials
import Model
import NIOCore
import SwiftProtobuf
import Wire

extension Sandbox {
    private static let pieceLimit = 262_144
    private static let pageLimit = 1000
    /// Of the entries of one page, which has to fit into a message; an entry has less than 8 KiB.
    private static let pageBytes = 196_608

    func stat(_ path: String, epoch: UInt64) async throws -> WireFileInfo {
        WireFileInfo(try await connection(epoch: epoch).stat(path, followsLinks: true), path: path)
    }

    func list(_ request: WireAgentList, epoch: UInt64) async throws -> WireDirectoryPage {
        let limit = request.limit == 0 ? Self.pageLimit : min(Int(request.limit), Self.pageLimit)
        let cursor = request.cursor.isEmpty ? nil : request.cursor
        let page = try await connection(epoch: epoch).page(of: request.path, after: cursor, limit: limit)
        var reply = WireDirectoryPage()
        reply.path = request.path
        reply.nextCursor = page.next ?? ""
        var room = Self.pageBytes
        for entry in page.entries {
            let info = WireFileInfo(entry, path: request.path.isEmpty ? entry.name : "\(request.path)/\(entry.name)")
            let size: [UInt8] = try info.serializedBytes()
            guard size.count <= room || reply.entries.isEmpty else {
                // The rest is on the next page.
                reply.nextCursor = reply.entries.last?.name ?? ""
                break
            }
            room -= size.count
            reply.entries.append(info)
        }
        return reply
    }

    func openRead(_ path: String, epoch: UInt64) async throws -> WireAgentHandle {
        let reader = try await connection(epoch: epoch).openRead(path)
        var generator = SystemRandomNumberGenerator()
        let handle = OperationID(at: UInt64(Timestamp.milliseconds), using: &generator).rawValue
        try readers.insert(handle, reader)
        return .with {
            $0.handle = handle
            $0.file = WireFileInfo(reader.info, path: path)
        }
    }

    func read(_ request: WireAgentRead) async throws -> WireAgentBytes {
        guard let reader = readers[request.handle] else { throw Fault.unknownHandle }
        guard request.offset <= UInt64(Int64.max) - UInt64(Self.pieceLimit) else {
            throw Fault(.outOfRange, "The offset is too large.")
        }
        let limit = request.limit == 0 ? Self.pieceLimit : min(Int(request.limit), Self.pieceLimit)
        let bytes = try await reader.read(at: request.offset, upTo: limit)
        return .with {
            $0.bytes = Data(copying: bytes)
            $0.end = bytes.readableBytes < limit
        }
    }

    /// Repeated it is the same file.
    func openWrite(_ request: WireAgentOpenWrite, epoch: UInt64) async throws -> WireAgentHandle {
        guard request.handle.utf8.count == 26 else {
            throw Fault(.invalidRequest, "A handle has 26 characters.")
        }
        return try await followTurn.withTurn {
            if let known = uploads[request.handle] {
                guard known.path == request.path else {
                    throw Fault(.operationConflict, "That handle stands for another file.")
                }
            } else {
                let writer = try await connection(epoch: epoch).openWrite(request.path)
                let upload = FileUpload(writer, path: request.path, threads: host.threads)
                try uploads.insert(request.handle, upload)
            }
            return .with { $0.handle = request.handle }
        }
    }

    func write(_ request: WireAgentWrite) async throws {
        guard request.bytes.count <= Self.pieceLimit else {
            throw Fault(.bodyTooLarge, "A piece has at most \(Self.pieceLimit) bytes.")
        }
        guard let upload = uploads[request.handle] else { throw Fault.unknownHandle }
        try await upload.write(Array(request.bytes), at: request.offset)
    }

    func commit(_ request: WireAgentCommit) async throws -> WireFileInfo {
        guard let upload = uploads[request.handle] else { throw Fault.unknownHandle }
        return try await upload.commit(size: request.size, mode: request.hasMode ? request.mode : nil)
    }

    func discard(_ request: WireAgentDiscard) {
        readers.remove(request.handle)
        uploads.remove(request.handle)?.discard()
    }

    func makeDirectory(_ path: String, epoch: UInt64) async throws {
        try await connection(epoch: epoch).makeDirectory(path)
    }

    func remove(_ request: WireAgentRemove, epoch: UInt64) async throws {
        try await connection(epoch: epoch).remove(request.path, recursive: request.recursive)
    }
}
