import Model
import ProviderKit
import SwiftProtobuf
import Wire

/// One page of a directory that fits into a message.
struct DirectoryListing: Sendable {
    static let maximumEntries = 1000

    let box: any Box
    let request: WireListDirectory

    func run() async throws -> WireDirectoryPage {
        let limit = request.limit == 0 ? Self.maximumEntries : min(Int(request.limit), Self.maximumEntries)
        let page = try await box.list(
            request.path,
            after: request.cursor.isEmpty ? nil : request.cursor,
            limit: limit
        )
        return .with {
            $0.path = request.path
            $0.entries = page.entries.map { $0.wire(path: "") }
            $0.nextCursor = page.nextCursor ?? ""
        }
    }
}

extension FileInfo {
    func wire(path: String) -> WireFileInfo {
        .with {
            $0.path = path
            $0.name = name
            $0.type =
                switch type {
                case .file: .file
                case .directory: .directory
                case .symlink: .symlink
                case .other: .other
                }
            $0.size = size
            $0.mode = mode
            $0.modifiedAt = modifiedAt
            $0.target = target ?? ""
        }
    }
}
