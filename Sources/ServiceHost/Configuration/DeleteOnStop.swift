package import Model

/// Of which providers a sandbox is deleted when it stops, unless its creation says otherwise.
///
/// `SANDBOX_<PROVIDER>_DELETE_ON_STOP` says it of one provider, as the callers of other sandbox services know it; it wins
/// over the setting, which lists providers. Of Vercel's, where nothing is said, those are deleted that have its profile for short
/// tasks: by their own wish, by the variable, by their purpose.
package struct DeleteOnStop: Sendable, Hashable {
    private static let prefix = "SANDBOX_"
    private static let suffix = "_DELETE_ON_STOP"
    private static let vercel = "VERCEL"
    private static let shortLived = "ephemeral"

    /// By the provider's name as it is spelt in a variable.
    private var byProvider: [String: Bool] = [:]
    /// What is said of Vercel follows from the profile that its sandboxes have unless they ask for another one.
    private var followsProfile = false
    /// Variables that say neither yes nor no.
    private var unreadable: [String] = []

    package init() {}

    /// Takes the variables of the environment that are about this.
    init(environment: [String: String]) {
        for (name, value) in environment
        where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) && !value.isEmpty {
            let provider = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
            byProvider[String(provider)] = Self.flag(value)
            if Self.flag(value) == nil { unreadable.append(name) }
        }
        if let profile = environment["SANDBOX_VERCEL_PROFILE"], !profile.isEmpty, byProvider[Self.vercel] == nil {
            byProvider[Self.vercel] = profile == Self.shortLived
            followsProfile = true
        }
    }

    /// The same with what the setting lists, for providers of which no variable speaks.
    func checked(with providers: [String]) throws(ServiceHostError) -> DeleteOnStop {
        if let name = unreadable.min() { throw ServiceHostError(.configuration, "\(name) has to be true or false.") }
        var all = self
        for provider in providers where all.byProvider[Self.spelling(of: provider)] == nil {
            all.byProvider[Self.spelling(of: provider)] = true
        }
        return all
    }

    /// What was said, for the first log line; nil when nothing was.
    var description: String? {
        guard !byProvider.isEmpty else { return nil }
        return byProvider.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    package func callAsFunction(_ provider: String, _ spec: SandboxSpec = SandboxSpec()) -> Bool {
        let name = Self.spelling(of: provider)
        if name == Self.vercel, followsProfile || byProvider[name] == nil, let wish = spec.params?["profile"] {
            return wish == Self.shortLived
        }
        return byProvider[name] ?? (name == Self.vercel && !spec.isForAgent)
    }

    /// In capitals, with what no variable's name may hold as underscores.
    private static func spelling(of provider: String) -> String {
        String(provider.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    private static func flag(_ value: String) -> Bool? {
        switch value.lowercased() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }
}
