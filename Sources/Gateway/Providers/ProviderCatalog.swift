/// The providers that the fleet knows by name, whether or not a worker serves them.
package enum ProviderCatalog {
    package static let names: [String] = [
        "blaxel", "cloudflare", "daytona", "docker", "e2b", "local", "modal", "runloop", "selfhosted", "sprites",
        "vercel",
    ]

    /// What callers are shown, by name; available is what a live worker serves.
    package static func entries(served: Set<String>) -> [JSONValue] {
        served.union(names).sorted()
            .map { name in
                let isServed = served.contains(name)
                return .compact([
                    "name": .string(name),
                    "available": .bool(isServed),
                    "reason": isServed ? nil : "No worker serves it at the moment.",
                ])
            }
    }
}
