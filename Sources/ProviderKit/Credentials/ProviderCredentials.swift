package import Model

/// What a driver uses its provider with; its values do not print.
package struct ProviderCredentials: Sendable, Hashable {
    package let provider: String
    /// Where they come from, for messages: "the environment".
    package let origin: String
    /// Whose they are; nil is the fleet.
    package let workspace: WorkspaceID?
    private let values: [String: Secret]

    package init(
        provider: String,
        origin: String,
        workspace: WorkspaceID? = nil,
        values: [String: Secret]
    ) {
        self.provider = provider
        self.origin = origin
        self.workspace = workspace
        self.values = values
    }

    /// One that may be missing.
    package subscript(_ name: String) -> Secret? { values[name] }

    /// Everything that must never be shown.
    package var secrets: [Secret] { values.sorted { $0.key < $1.key }.map(\.value) }

    /// - Throws: `CredentialError` that names the variable, and where it was looked for.
    package func require(_ variable: CredentialVariable) throws(CredentialError) -> Secret {
        guard let value = values[variable.name] else { throw CredentialError(missing: [variable], self) }
        return value
    }

    /// - Throws: `CredentialError` that names all that are missing.
    package func check(_ variables: [CredentialVariable]) throws(CredentialError) {
        let missing = variables.filter { $0.isRequired && values[$0.name] == nil }
        guard missing.isEmpty else { throw CredentialError(missing: missing, self) }
    }
}

/// Credentials that are missing or cannot be read; it names variables and files, never a value.
package struct CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    init(missing: [CredentialVariable], _ credentials: ProviderCredentials) {
        let names = missing.map { "\($0.name) (\($0.meaning))" }.joined(separator: ", ")
        message =
            "The provider \(credentials.provider) needs \(names): not in \(credentials.origin). "
            + "Set it there, or name a file that holds it by \(missing.first.map { "\($0.name)_FILE" } ?? "_FILE")."
    }

    package var description: String { message }
}
