import Dispatch
import Glibc

/// Calls back when a signal comes, instead of what the signal does by itself.
///
/// Unchecked, because it only holds a dispatch source, and libdispatch lets any thread use one.
final class SignalSource: @unchecked Sendable {
    private let source: any DispatchSourceSignal

    init(_ number: Int32, _ handler: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
    }

    func cancel() {
        source.cancel()
    }
}
