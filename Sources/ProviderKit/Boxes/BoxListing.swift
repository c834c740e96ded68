/// One line of a provider's list of boxes.
package struct BoxListing: Sendable, Hashable {
    /// The provider's id.
    package var externalID: String
    /// Nil when the box carries no readable tag; such a box is reported, never touched.
    package var tag: BoxTag?
    package var isRunning: Bool
    /// Of which account; nil is the driver's own.
    package var account: String?

    package init(externalID: String, tag: BoxTag?, isRunning: Bool, account: String? = nil) {
        self.externalID = externalID
        self.tag = tag
        self.isRunning = isRunning
        self.account = account
    }
}
