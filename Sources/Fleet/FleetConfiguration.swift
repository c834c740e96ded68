/// What a user decides about an embedded fleet.
package struct FleetConfiguration: Sendable {
    package var data: String
    package var listen: ListenAddress
    package var workers: Int
    /// The folder of the services' executables; nil for the one that this program lies in.
    package var executables: String?
    package var roles: [NATSRole]

    package static let standardListen = ListenAddress(host: "127.0.0.1", port: 7070)

    package init(
        data: String,
        listen: ListenAddress = Self.standardListen,
        workers: Int = 1,
        executables: String? = nil,
        roles: [NATSRole] = NATSRole.embedded
    ) {
        self.data = data
        self.listen = listen
        self.workers = workers
        self.executables = executables
        self.roles = roles
    }
}
