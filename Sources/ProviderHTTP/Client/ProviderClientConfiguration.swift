package import CurlTransport
package import ProviderKit

/// One account at one base URL.
package struct ProviderClientConfiguration: Sendable {
    /// As messages call the provider: "Vercel".
    package var provider: String
    /// Without a slash at its end; paths are added to it.
    package var baseURL: String
    package var unixSocketPath: String?
    package var binding: Binding
    package var authorization: Authorization
    /// Whatever else must never be shown, beside the authorization.
    package var secrets: [Secret]
    /// Sent with every call; the call's own win.
    package var headers: HTTPTransportHeaders
    /// Added to the query of every call: the team, the project.
    package var query: [ProviderCall.QueryItem]
    /// Where the provider looks for idempotency keys; nil when it does not.
    package var idempotencyHeader: String?
    /// Where the provider tells its own name of a request, first match.
    package var requestIDHeaders: [String]
    package var policy: RetryPolicy
    package var budget: RetryBudget
    /// Of an answer that is read as a whole.
    package var answerLimit: Int

    package init(
        provider: String,
        baseURL: String,
        unixSocketPath: String? = nil,
        binding: Binding,
        authorization: Authorization,
        secrets: [Secret] = [],
        headers: HTTPTransportHeaders = [:],
        query: [ProviderCall.QueryItem] = [],
        idempotencyHeader: String? = nil,
        requestIDHeaders: [String] = ["X-Request-Id"],
        policy: RetryPolicy = RetryPolicy(),
        budget: RetryBudget = RetryBudget(),
        answerLimit: Int = 8 << 20
    ) {
        self.provider = provider
        var baseURL = baseURL
        while baseURL.hasSuffix("/") { baseURL.removeLast() }
        self.baseURL = baseURL
        self.unixSocketPath = unixSocketPath
        self.binding = binding
        self.authorization = authorization
        self.secrets = secrets
        self.headers = headers
        self.query = query
        self.idempotencyHeader = idempotencyHeader
        self.requestIDHeaders = requestIDHeaders
        self.policy = policy
        self.budget = budget
        self.answerLimit = answerLimit
    }
}
