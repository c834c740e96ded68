/// A provider's words for the state of a box: an enumeration of raw strings with a meaning for each.
///
/// The meaning is an exhaustive `switch`, so that nobody adds a word without one.
package protocol ProviderState: RawRepresentable, CaseIterable, Sendable where RawValue == String {
    var meaning: StateMeaning { get }
}

/// A state as a provider has said it.
package struct ObservedState<Word: ProviderState>: Sendable {
    /// As it came, for logs and messages.
    package let raw: String
    /// Nil for a word that we do not know.
    package let word: Word?

    package init(_ raw: String) {
        self.raw = raw
        word = Word(rawValue: raw) ?? Word(rawValue: raw.lowercased())
    }

    package var meaning: StateMeaning { word?.meaning ?? .unknown }

    /// Why a box in this state cannot be used and waiting does not help; nil where it can, or does.
    ///
    /// Only `gone` may lead to another box.
    package func obstacle(of box: String) -> DriverError? {
        switch meaning {
        case .running, .becoming, .stopped, .leaving: nil
        case .failed: DriverError(.transient, "The provider says that \(box) is \(word?.rawValue ?? "broken").")
        case .gone: DriverError(.gone, "The provider says that \(box) is \(word?.rawValue ?? "gone").")
        case .unknown: DriverError(.transient, "The provider calls the state of \(box) by a word that is not known.")
        }
    }
}
