import NIOConcurrencyHelpers

/// A text that somebody may change while others read it.
final class Replaceable: Sendable {
    private let box: NIOLockedValueBox<String>

    init(_ value: String) {
        box = NIOLockedValueBox(value)
    }

    var value: String {
        get { box.withLockedValue { $0 } }
        set { box.withLockedValue { $0 = newValue } }
    }
}
