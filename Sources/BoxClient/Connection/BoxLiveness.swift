/// How long the silence of a connection is believed in while somebody waits for it.
package struct BoxLiveness: Sendable, Hashable {
    /// After so much silence the daemon is asked.
    package var quiet: Duration
    /// After so much more the way to it is renewed, and it is asked again.
    package var renewal: Duration
    /// After so much more the connection is closed.
    package var patience: Duration

    /// Less than half a minute together.
    package static let usual = BoxLiveness(quiet: .seconds(12), renewal: .seconds(7), patience: .seconds(9))

    package init(quiet: Duration, renewal: Duration, patience: Duration) {
        self.quiet = quiet
        self.renewal = renewal
        self.patience = patience
    }
}
