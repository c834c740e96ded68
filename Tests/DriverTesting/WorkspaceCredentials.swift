import Foundation
import Glibc
package import Model

/// A workspace's own file of credentials, as an operator puts it there.
package struct WorkspaceCredentials {
    /// That of all workspaces.
    package let directory: String
    package let provider: String

    package init(in directory: String, of provider: String) {
        self.directory = directory
        self.provider = provider
    }

    package func write(_ values: [String: String], _ workspace: WorkspaceID) throws {
        let folder = "\(directory)/\(workspace)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let lines = values.map { "\($0.key)=\($0.value)\n" }.joined()
        try Data(lines.utf8).write(to: URL(filePath: file(of: workspace)))
        guard chmod(file(of: workspace), 0o600) == 0 else { throw POSIXError(.EPERM) }
    }

    package func remove(_ workspace: WorkspaceID) throws {
        try FileManager.default.removeItem(atPath: file(of: workspace))
    }

    private func file(of workspace: WorkspaceID) -> String { "\(directory)/\(workspace)/\(provider).env" }
}
