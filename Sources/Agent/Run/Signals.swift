import Dispatch
import Glibc

/// The signals that a run obeys.
final class Signals {
    enum Order: Sendable {
        case stop
        case reload
    }

    let orders: AsyncStream<Order>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (orders, continuation) = AsyncStream.makeStream(of: Order.self, bufferingPolicy: .bufferingNewest(16))
        self.orders = orders
        let queue = DispatchQueue(label: "agent.signals")
        sources = [(SIGTERM, Order.stop), (SIGINT, .stop), (SIGHUP, .reload)]
            .map { number, order in
                // The source sees it all the same; without this it would end us first.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { continuation.yield(order) }
                source.activate()
                return source
            }
        signal(SIGPIPE, SIG_IGN)
    }
}
