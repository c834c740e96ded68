import BoxClient
import Model
import NIOCore
import SwiftProtobuf
import Wire

extension Sandbox {
    private static let pieceLimit = 262_144
    private static let pageLimit = 1000

    func stat(_ path: String, epoch: UInt64) async throws -> WireFileInfo {
        WireFileInfo(try await connection(epoch: epoch).stat(path, followsLinks: true), path: path)
    }

    func list(_ request: WireAgentList, epoch: UInt64) async throws -> WireDirectoryPage {
        let limit = request.limit == 0 ? Self.pageLimit : min(Int(request.limit), Self.pageLimit)
        var page = NamePage(after: request.cursor.isEmpty ? nil : request.cursor, limit: limit)
        let listing = try await connection(epoch: epoch).list(request.path)
        while let entries = try await listing.next() {
            for entry in entries { page.add(entry) }
        }
        let (entries, next) = page.finish()
        return .with {
            $0.path = request.path
            $0.entries = entries.map { entry in
                WireFileInfo(entry, path: request.path.isEmpty ? entry.name : "\(request.path)/\(entry.name)")
            }
            $0.nextCursor = next ?? ""
        }
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
            $0.bytes.append(contentsOf: bytes.readableBytesView)
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

/// Picks one page in the order of names out of entries that come in none, holding little more than the page.
struct NamePage {
    private let cursor: String?
    private let limit: Int
    private var entries: [BoxFileInfo] = []

    init(after cursor: String?, limit: Int) {
        self.cursor = cursor
        self.limit = max(1, limit)
    }

    mutating func add(_ entry: BoxFileInfo) {
        if let cursor, entry.name <= cursor { return }
        entries.append(entry)
        if entries.count > 2 * limit + 64 { trim() }
    }

    /// One more than the page is kept: it tells whether there is a next page.
    private mutating func trim() {
        entries.sort { $0.name < $1.name }
        entries.removeLast(max(0, entries.count - limit - 1))
    }

    mutating func finish() -> (entries: [BoxFileInfo], next: String?) {
        trim()
        guard entries.count > limit else { return (entries, nil) }
        entries.removeLast()
        return (entries, entries.last?.name)
    }
}
