import Model
package import Store

/// An API key as the API shows it: everything but the key.
package struct KeyView: Sendable {
    private let key: APIKey

    package init(_ key: APIKey) {
        self.key = key
    }

    package var json: JSONValue {
        [
            "id": .string(key.id.rawValue),
            "name": .string(key.name),
            "scopes": .strings(Scope.allCases.filter { $0 <= key.scope }.map(\.rawValue)),
            "createdAt": .string(ISO8601.string(key.createdAt)),
        ]
    }
}
