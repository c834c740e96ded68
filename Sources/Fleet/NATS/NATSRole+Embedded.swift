package import Bus

extension NATSRole {
    /// The role that `fleet.json` names, for the command line and for operators.
    package static let adminName = BusRole.admin.name

    /// The roles of the embedded fleet: the bus's own.
    package static let embedded: [NATSRole] = BusRole.all.map(NATSRole.init)

    package init(_ role: BusRole) {
        // Replies go to inboxes that the lists name: `allow_responses` would refuse late ones without a word.
        self.init(name: role.name, publish: role.publish, subscribe: role.subscribe, allowResponses: false)
    }
}
