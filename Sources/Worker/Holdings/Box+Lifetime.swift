import ProviderKit

extension Box {
    /// In how many seconds the provider ends it, to be written down; nil where what is written down is right, or it has no end.
    func lifetime(under descriptor: Descriptor, now: ContinuousClock.Instant = .now) -> Int? {
        if let endsAt { return max(0, Int(now.duration(to: endsAt).components.seconds)) }
        // Counted from its start, not from when somebody found it again.
        return isFresh ? descriptor.hardDeadlineSeconds : nil
    }
}
