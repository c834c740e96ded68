import FoundationEssentials
import Glibc
package import Model

/// Finds the credentials of a provider: those of a workspace in its own file, the fleet's in the environment or the files
/// that it names.
///
/// Nothing is kept: each call reads again, so that a rotated key is seen.
package struct CredentialSource: Sendable {
    private static let sizeLimit = 64 << 10

    private let environment: @Sendable () -> [String: String]
    /// Holds `<workspace>/<provider>.env`; nil when there are no workspaces' own.
    private let directory: String?

    package init(
        directory: String? = nil,
        environment: @escaping @Sendable () -> [String: String] = { ProcessInfo.processInfo.environment }
    ) {
        self.directory = directory
        self.environment = environment
    }

    /// - Parameter workspace: Whose; nil is the fleet. A workspace with a file of its own gets nothing of the fleet's.
    package func credentials(
        of provider: String,
        _ variables: [CredentialVariable],
        for workspace: WorkspaceID? = nil
    ) throws(CredentialError) -> ProviderCredentials {
        if let own = try own(of: provider, workspace) {
            let names = Set(variables.map(\.name))
            let (values, path) = own
            return ProviderCredentials(
                provider: provider,
                origin: "the file \(path)",
                workspace: workspace,
                values: values.filter { names.contains($0.key) }
            )
        }
        let environment = environment()
        var values: [String: Secret] = [:]
        for variable in variables {
            if let value = environment[variable.name], !value.isEmpty {
                values[variable.name] = Secret(value)
            } else if let path = environment["\(variable.name)_FILE"], !path.isEmpty {
                values[variable.name] = Secret(try Self.text(at: path, of: "\(variable.name)_FILE", isPrivate: false))
            }
        }
        return ProviderCredentials(provider: provider, origin: "the environment", values: values)
    }

    /// The same credentials as they are now: a key may have been replaced.
    ///
    /// - Throws: Also when they have gone, and others would take their place.
    package func again(
        _ credentials: ProviderCredentials,
        _ variables: [CredentialVariable]
    ) throws(CredentialError) -> ProviderCredentials {
        let found = try self.credentials(of: credentials.provider, variables, for: credentials.workspace)
        guard found.workspace == credentials.workspace else {
            throw CredentialError("The credentials of \(credentials.provider) in \(credentials.origin) are gone.")
        }
        return found
    }

    /// The workspaces that have credentials of their own for a provider.
    package func workspaces(of provider: String) throws(CredentialError) -> [WorkspaceID] {
        guard let directory else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw CredentialError("The folder of credentials \(directory) cannot be read.")
        }
        return names.compactMap(WorkspaceID.init)
            .filter { workspace in
                var status = stat()
                return lstat("\(directory)/\(workspace.rawValue)/\(provider).env", &status) == 0 || errno != ENOENT
            }
            .sorted()
    }

    private func own(
        of provider: String,
        _ workspace: WorkspaceID?
    ) throws(CredentialError) -> (values: [String: Secret], path: String)? {
        guard let directory, let workspace else { return nil }
        let path = "\(directory)/\(workspace.rawValue)/\(provider).env"
        // A dangling link, or a folder that cannot be entered, is an error and not "no file": else the fleet's were used.
        var status = stat()
        if lstat(path, &status) != 0, errno == ENOENT {
            // Nor does a folder that is not there (yet) say that nobody has credentials of its own.
            guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw CredentialError("The folder of credentials \(directory) is not there.")
            }
            return nil
        }
        let text = try Self.text(at: path, of: "the workspace's credentials", isPrivate: true)
        return (try Self.assignments(in: text, of: path), path)
    }

    /// Lines of `NAME=value`, as in an environment file: quotes around a value and lines of `#` are passed over.
    private static func assignments(in text: String, of path: String) throws(CredentialError) -> [String: Secret] {
        var values: [String: Secret] = [:]
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            var line = raw.drop { $0 == " " || $0 == "\t" }
            while let last = line.last, last.isWhitespace { line.removeLast() }
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else {
                throw CredentialError("Line \(index + 1) of \(path) is not NAME=value.")
            }
            var value = line[line.index(after: equals)...]
            if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
                value = value.dropFirst().dropLast()
            }
            if !value.isEmpty { values[String(line[..<equals])] = Secret(String(value)) }
        }
        return values
    }

    /// - Parameter isPrivate: Whether nobody but its owner and root may read it.
    private static func text(at path: String, of what: String, isPrivate: Bool) throws(CredentialError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw CredentialError("\(what): \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CredentialError("\(what): \(path) is not a regular file.")
        }
        guard status.st_mode & 0o022 == 0, !isPrivate || status.st_mode & 0o044 == 0 else {
            throw CredentialError("\(what): \(path) is open to others; chmod 600 closes it.")
        }
        guard status.st_size <= sizeLimit else { throw CredentialError("\(what): \(path) is too long.") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0, let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw CredentialError("\(what): \(path) is empty, or not text.")
        }
        guard !isPrivate else { return text }
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !line.isEmpty else { throw CredentialError("\(what): \(path) is empty.") }
        return line
    }
}
