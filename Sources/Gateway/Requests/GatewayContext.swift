import Bus
package import Hummingbird
import Logging
import Model
package import NIOCore
package import Store

/// What is known of one request while it is handled.
package struct GatewayContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package let channel: any Channel
    package var requestID = "-"
    package var traceparent: String?
    private var caller: Principal?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Who asks; routes that are open to everybody have no use for it.
    package var principal: Principal {
        get throws(Fault) {
            guard let caller else { throw Fault(.unauthenticated, "This needs an API key.") }
            return caller
        }
    }

    func admitting(_ principal: Principal) -> GatewayContext {
        var context = self
        context.caller = principal
        return context
    }

    /// What travels over the bus with a request that has to be answered within a time; nil for work that is polled.
    func call(within timeout: Duration?) -> CallContext {
        CallContext(requestID: requestID, deadline: timeout.map { .now + $0 }, traceparent: traceparent)
    }
}
