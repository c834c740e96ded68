package import FoundationEssentials

/// One attempt to have a box, written before the provider was called (rule 9).
package struct BoxRecord: Sendable, Hashable {
    package enum State: String, Sendable, Codable {
        /// The call may have been made, and may have succeeded.
        case intended
        case live
        case stopped
        /// A later owner's decision stands against it; it is to be deleted.
        case superseded
        case deleted
    }

    package var id: BoxID
    package var provider: String
    package var account: String
    package var placement: String?
    package var externalID: String?
    package var epoch: UInt64
    package var state: State
    /// Before this a create that was not answered may still succeed.
    package var callDeadline: Date
    /// When its provider ends it, whatever runs in it; nil is never.
    package var endsAt: Date?

    package init(
        id: BoxID,
        provider: String,
        account: String,
        placement: String? = nil,
        externalID: String? = nil,
        epoch: UInt64,
        state: State,
        callDeadline: Date,
        endsAt: Date? = nil
    ) {
        self.id = id
        self.provider = provider
        self.account = account
        self.placement = placement
        self.externalID = externalID
        self.epoch = epoch
        self.state = state
        self.callDeadline = callDeadline
        self.endsAt = endsAt
    }
}
