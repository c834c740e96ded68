import ProviderKit
import SwiftProtobuf
import Wire

extension SelfHostedBox {
    func read(_ path: String) async throws(DriverError) -> any BoxFileReader {
        try await mapped { () throws(SelfHostedFailure) in
            try keeper.requireFiles()
            return try await SelfHostedFileReader.open(path, in: keeper)
        }
    }

    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter {
        try await mapped { () throws(SelfHostedFailure) in
            try keeper.requireFiles()
            return try await SelfHostedFileWriter.open(path, mode: mode, in: keeper)
        }
    }

    func stat(_ path: String) async throws(DriverError) -> FileInfo {
        let answer = try await files { $0.stat = .with { $0.path = path } }
        guard case .file(let info) = answer.result else { throw DriverError(.notUnderstood) }
        return FileInfo(info, path: path)
    }

    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        let answer = try await files {
            $0.list = .with { list in
                list.path = path
                list.cursor = cursor ?? ""
                list.limit = UInt32(clamping: max(1, limit))
            }
        }
        guard case .directory(let page) = answer.result else { throw DriverError(.notUnderstood) }
        return DirectoryPage(
            entries: page.entries.map { FileInfo($0, path: $0.name) },
            nextCursor: page.nextCursor.isEmpty ? nil : page.nextCursor
        )
    }

    func makeDirectory(_ path: String) async throws(DriverError) {
        _ = try await files { $0.makeDirectory = .with { $0.path = path } }
    }

    func remove(_ path: String, recursive: Bool) async throws(DriverError) {
        _ = try await files {
            $0.remove = .with { remove in
                remove.path = path
                remove.recursive = recursive
            }
        }
    }

    private func files(
        _ operation: (inout WireAgentRequest) -> Void
    ) async throws(DriverError) -> AgentCaller.Answer {
        try await mapped { () throws(SelfHostedFailure) in
            try keeper.requireFiles()
            return try await keeper.call(.within(Self.limit), operation)
        }
    }
}
