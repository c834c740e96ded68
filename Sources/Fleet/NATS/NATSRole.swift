/// What one kind of client may do on the bus: allow-lists, nothing else is permitted.
package struct NATSRole: Sendable, Equatable {
    package var name: String
    package var publish: [String]
    package var subscribe: [String]
    /// Whether it may answer a request that it received, without a grant on everybody's inbox.
    package var allowResponses: Bool

    package init(name: String, publish: [String], subscribe: [String], allowResponses: Bool) {
        self.name = name
        self.publish = publish
        self.subscribe = subscribe
        self.allowResponses = allowResponses
    }
}
