/// The first line that a relay says, before the frames of the daemon behind it.
package struct RelayGreeting: Equatable, Sendable {
    /// Longer first lines are not a relay's.
    package static let maximumLength = 64

    private static let heading = "sandfleet-relay/1 "

    /// The relay has started the daemon: nothing that ran in the box before is known to it.
    package var isFresh: Bool

    package init(isFresh: Bool) {
        self.isFresh = isFresh
    }

    /// Nil when the line, without its end, is not one.
    package init?(parsing line: String) {
        switch line {
        case Self.heading + "fresh": isFresh = true
        case Self.heading + "running": isFresh = false
        default: return nil
        }
    }

    /// With its end.
    package var line: String { Self.heading + (isFresh ? "fresh" : "running") + "\n" }
}
