import Model
import ProviderKit
import Store

/// The providers that the fleet knows by name, and what those that a live worker serves can do.
struct ProviderCatalog: Sendable {
    /// Whether or not a worker serves them.
    static let names: [String] = [
        "blaxel", "cloudflare", "daytona", "docker", "e2b", "local", "modal", ProviderSelection.none, "runloop",
        "selfhosted", "sprites", "vercel",
    ]

    /// What live workers serve.
    private let served: Set<String>
    /// What they say of it, by name; a worker of another version may say nothing that is understood.
    private let descriptors: [String: Descriptor]
    private let fallback: String

    init(served: Set<String>, descriptors: [Descriptor], fallback: String) {
        self.served = served
        self.descriptors = Dictionary(descriptors.map { ($0.name, $0) }) { newest, _ in newest }
        self.fallback = fallback
    }

    init(_ store: Store, fallback: String) async throws {
        self.init(
            served: try await store.servedProviders(),
            descriptors: try await store.servedDescriptors().flatMap([Descriptor].init(json:)),
            fallback: fallback
        )
    }

    /// The provider of a new sandbox; the store is asked only where what is served matters.
    ///
    /// Not inlined: with it Swift 6.3.1 crashes over its caller in a release build ("While splitting coroutine").
    @inline(never)
    static func choose(
        _ wish: String?,
        _ needs: ProviderNeeds,
        fallback: String,
        _ store: Store
    ) async throws -> String {
        let isSettled = wish != nil || needs == ProviderNeeds()
        guard isSettled, names.contains(wish ?? fallback) else {
            return try await ProviderCatalog(store, fallback: fallback).choose(wish, needs)
        }
        return try ProviderCatalog(served: [], descriptors: [], fallback: fallback).choose(wish, needs)
    }

    /// What callers are shown, by name; available is what a live worker serves.
    var entries: [JSONValue] { served.union(Self.names).sorted().map(entry) }

    private func entry(_ name: String) -> JSONValue {
        let isServed = served.contains(name)
        var members: [JSONValue.Member] = [.init("name", .string(name)), .init("available", .bool(isServed))]
        if !isServed {
            let isNone = name == ProviderSelection.none
            let reason = isNone ? "It stands for no provider." : "No worker serves it at the moment."
            members.append(.init("reason", .string(reason)))
        }
        members.append(.init("default", .bool(name == fallback)))
        if isServed, let descriptor = descriptors[name] { members += descriptor.members }
        return .object(members)
    }

    /// The provider of a new sandbox.
    ///
    /// Whether one that was named can do it is told by its worker, which knows best.
    func choose(_ wish: String?, _ needs: ProviderNeeds) throws(Fault) -> String {
        try check(wish ?? fallback)
        do {
            return try ProviderSelection(descriptors.values, fallback: fallback)
                .choose(wish, wish == nil ? needs : ProviderNeeds())
        } catch {
            throw Fault(.unsupported, error.message, hint: "GET /v1/providers lists what each can do.")
        }
    }

    private func check(_ name: String) throws(Fault) {
        guard !served.contains(name), !Self.names.contains(name) else { return }
        throw Fault(
            .unknownProvider,
            "There is no provider \(name.prefix(64)).",
            hint: "GET /v1/providers lists them.",
            details: ["provider": String(name.prefix(64))]
        )
    }
}
