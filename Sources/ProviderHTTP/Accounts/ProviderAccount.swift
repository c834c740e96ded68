package import ProviderKit

/// One account at a provider, as its driver uses it.
package protocol ProviderAccount: Sendable {
    var binding: Binding { get }
    /// Its credentials were refused when they were used last.
    var isRefused: Bool { get }
}
