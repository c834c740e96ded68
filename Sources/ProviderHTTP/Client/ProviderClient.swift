package import CurlTransport
package import Logging
import NIOConcurrencyHelpers
import ProviderKit

/// Calls a provider's API: authorizes, repeats what may be repeated, and tells what went wrong in our words.
package final class ProviderClient: Sendable {
    struct Spending {
        var budget: RetryBudget
        var generator: any RandomNumberGenerator & Sendable
    }

    package let configuration: ProviderClientConfiguration
    let transport: HTTPTransport
    let mapping: any ErrorMapping
    let authorization: AuthorizationSource
    let time: ProviderTime
    let logger: Logger
    let spending: NIOLockedValueBox<Spending>

    /// Whether its credentials were refused when they were used last.
    package var isRefused: Bool { authorization.isRefused }

    /// - Parameter authorization: Where the authorization is looked up again when one is refused; nil keeps to the configuration's.
    package init(
        _ configuration: ProviderClientConfiguration,
        authorization: AuthorizationSource? = nil,
        transport: HTTPTransport,
        mapping: any ErrorMapping = PlainErrorMapping(),
        time: ProviderTime = ProviderTime(),
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        logger: Logger
    ) {
        self.configuration = configuration
        self.transport = transport
        self.mapping = mapping
        self.time = time
        self.logger = logger
        self.authorization = authorization ?? AuthorizationSource(configuration.authorization)
        spending = NIOLockedValueBox(Spending(budget: configuration.budget, generator: generator))
    }

    func failures(of call: ProviderCall) -> CallFailures {
        CallFailures(
            provider: configuration.provider,
            call: call.name,
            box: call.box,
            repeatability: call.repeatability,
            binding: configuration.binding,
            mapping: mapping,
            redaction: Redaction(configuration.secrets + authorization.secrets)
        )
    }
}
