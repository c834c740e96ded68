import BoxClient
package import ProviderKit

extension DaemonBox {
    package func read(_ path: String) async throws(DriverError) -> any ProviderKit.BoxFileReader {
        if isOnHost {
            let reader = try await mapped { try await connection.openRead(path) }
            return DescriptorFileReader(reader, path: path)
        }
        let reader = try await mapped { try await connection.openReadInline(path) }
        return InlineReader(reader, path: path)
    }

    package func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any ProviderKit.BoxFileWriter {
        if isOnHost {
            let writer = try await mapped { try await connection.openWrite(path) }
            return DescriptorFileWriter(writer, path: path, mode: mode)
        }
        let writer = try await mapped { try await connection.openWriteInline(path) }
        return InlineWriter(writer, path: path, mode: mode)
    }

    package func stat(_ path: String) async throws(DriverError) -> FileInfo {
        let info = try await mapped { try await connection.stat(path) }
        return FileInfo(info, path: path)
    }

    package func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        try await mapped {
            let page = try await connection.page(of: path, after: cursor, limit: limit)
            return DirectoryPage(entries: page.entries.map { FileInfo($0, path: $0.name) }, nextCursor: page.next)
        }
    }

    package func makeDirectory(_ path: String) async throws(DriverError) {
        try await mapped { try await connection.makeDirectory(path) }
    }

    package func remove(_ path: String, recursive: Bool) async throws(DriverError) {
        try await mapped { try await connection.remove(path, recursive: recursive) }
    }
}
