@preconcurrency import Dispatch
import Glibc
import NIOConcurrencyHelpers

/// The signals that end `up`: the first asks, a second one hurries.
package final class StopSignals: Sendable {
    package let stop = OneShot<Void>()
    package let hurry = OneShot<Void>()
    private let sources: NIOLockedValueBox<[any DispatchSourceSignal]> = NIOLockedValueBox([])

    /// Takes SIGINT and SIGTERM over; SIGHUP and SIGPIPE do nothing any more, so that a closed terminal ends no fleet.
    package init() {
        for number in [SIGHUP, SIGPIPE, SIGINT, SIGTERM] { signal(number, SIG_IGN) }
        let opened = [SIGINT, SIGTERM]
            .map { number in
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { [stop, hurry] in
                    if stop.value != nil { hurry.resolve(()) }
                    stop.resolve(())
                }
                source.resume()
                return source
            }
        sources.withLockedValue { $0 = opened }
    }
}
