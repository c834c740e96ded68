package import ArchiveStore
import Compression
import Foundation
package import Model
import NIOCore
import Ownership
package import ProviderKit

/// Portable archives as objects `workspaces/<id>.tar.zst` of an archive store; they stream through, memory stays flat.
package struct WorkspaceArchiver: PortableArchiver {
    let store: any ArchiveStore
    let limits: TarLimits

    package init(store: any ArchiveStore, limits: TarLimits) {
        self.store = store
        self.limits = limits
    }

    package static func object(of archive: ArchiveID) -> String { ArchiveReference.object(of: archive) }

    package func capture(_ box: any Box, as archive: ArchiveID) async throws -> ArchiveReference {
        let tar = try await WorkspaceTar(box)
        let object = Self.object(of: archive)
        let size: Int64
        do {
            size = try await store.put(object) { writer in
                var scanner = scanner
                var compressor = try ZstdCompressor()
                try await tar.pack { bytes in
                    try scanner.feed(bytes)
                    var compressed = ByteBuffer()
                    try compressor.compress(bytes, into: &compressed)
                    if compressed.readableBytes > 0 { try await writer.write(compressed) }
                }
                try scanner.finish()
                var rest = ByteBuffer()
                try compressor.finish(into: &rest)
                try await writer.write(rest)
            }
        } catch let error as TarError {
            throw Fault(
                .unsupported,
                "The workspace cannot be saved as a portable archive. \(error.message)",
                hint: "Remove what is named, or ask for the format 'native'."
            )
        } catch let error as ArchiveError {
            throw Fault(error)
        }
        return ArchiveReference(
            format: .portable,
            id: archive,
            provider: box.envelope.backendId,
            externalID: object,
            createdAt: Date(),
            sizeBytes: size,
            // The box's programs go on while its files are read.
            isConsistent: false
        )
    }

    package func hydrate(_ box: any Box, from archive: ArchiveReference) async throws {
        let tar = try await WorkspaceTar(box)
        do {
            let reader = PieceReader(try await store.get(archive.externalID))
            let scanned = try ScannedWorkspace(scanner) { try await reader.next() }
            try await tar.unpack { try await scanned.next() }
        } catch let error as TarError {
            throw DriverError(.archiveDamaged, "The archive cannot be used. \(error.message)")
        } catch let error as ZstdError {
            throw DriverError(.archiveDamaged, "The archive cannot be read: \(error.message).")
        } catch let error as ArchiveError where error.code == .notFound || error.code == .damaged {
            throw DriverError(.archiveDamaged, "The archive is not there, or not as it was stored.")
        } catch let error as ArchiveError {
            throw Fault(error)
        }
    }

    private var scanner: TarScanner {
        TarScanner(limits: limits, trust: .own, roots: [WorkspaceTar.workspace, WorkspaceTar.home])
    }
}

/// The pieces of an object, for whoever asks from another task.
private actor PieceReader {
    private var iterator: ArchiveObject.AsyncIterator

    init(_ object: ArchiveObject) { iterator = object.makeAsyncIterator() }

    func next() async throws -> ByteBuffer? {
        var iterator = iterator
        defer { self.iterator = iterator }
        return try await iterator.next()
    }
}

extension Fault {
    init(_ error: ArchiveError) {
        switch error.code {
        case .full: self.init(.diskFull, "The archive store is full.")
        case .notFound, .damaged: self.init(.archiveDamaged, "The archive is not there, or not as it was stored.")
        case .invalidName, .unavailable:
            self.init(.providerFailed, "The archive store does not answer.", hint: "Try again shortly.", retryAfter: 5)
        }
    }
}
