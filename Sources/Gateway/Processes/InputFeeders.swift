import Bus
import Model
import NIOConcurrencyHelpers
import ServiceLifecycle

/// Carries inputs that were too long for one request into their processes, whether or not their callers stay.
///
/// A caller that goes away ends nothing, so the rest of its input must not go with it. The work is done by children of
/// `run`; each ends with its input or its process.
final class InputFeeders: Service {
    /// The most bytes that wait in this gateway.
    private static let limit = 256 << 20

    private let waiting = NIOLockedValueBox(0)
    private let dispatcher = Dispatcher()

    init() {}

    func run() async {
        await cancelWhenGracefulShutdown { await self.dispatcher.run() }
    }

    /// Refuses an input for which there is no room, before anything is done.
    func check(_ length: Int) throws(Fault) {
        guard waiting.withLockedValue({ $0 + length <= Self.limit }) else {
            throw Fault(
                .overloaded,
                "This gateway has too much input on its way.",
                hint: "Try again shortly, or send the input by …/stdin.",
                retryAfter: 2
            )
        }
    }

    func feed(_ bytes: [UInt8], from start: Int, to input: ProcessInput, staysOpen: Bool) {
        waiting.withLockedValue { $0 += bytes.count }
        dispatcher.enqueue { [waiting] in
            await input.feedOrLog(bytes, from: start, staysOpen: staysOpen)
            waiting.withLockedValue { $0 -= bytes.count }
        }
    }
}
