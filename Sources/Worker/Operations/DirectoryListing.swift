import Model
import ProviderKit
import SwiftProtobuf
import Wire

/// One page of a directory that fits into a message.
struct DirectoryListing: Sendable {
    static let maximumEntries = 1000
    /// Of the entries of one page; a message has a megabyte.
    static let maximumBytes = 524_288

    let box: any Box
    let request: WireListDirectory

    func run() async throws -> WireDirectoryPage {
        let limit = request.limit == 0 ? Self.maximumEntries : min(Int(request.limit), Self.maximumEntries)
        let page = try await box.list(
            request.path,
            after: request.cursor.isEmpty ? nil : request.cursor,
            limit: limit
        )
        var answer = WireDirectoryPage()
        answer.path = request.path
        answer.nextCursor = page.nextCursor ?? ""
        var room = Self.maximumBytes
        for entry in page.entries {
            let info = entry.wire(path: "")
            let bytes: [UInt8] = try info.serializedBytes()
            guard bytes.count <= room || answer.entries.isEmpty else {
                // The rest is on the next page.
                answer.nextCursor = answer.entries.last?.name ?? ""
                break
            }
            room -= bytes.count
            answer.entries.append(info)
        }
        return answer
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
