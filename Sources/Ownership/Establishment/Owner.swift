package import FoundationEssentials
package import Logging
package import Model
package import ProviderKit

/// Who acts for a sandbox: one worker, its driver, and the time and ids that it goes by.
package struct Owner: Sendable {
    package var store: any LeaseStore
    package var driver: any Driver
    /// Nil where nothing holds portable archives.
    package var archiver: (any PortableArchiver)?
    package var fleet: FleetID
    /// Who is named in events, as in `worker/<id>`.
    package var actor: String
    package var now: @Sendable () -> Date
    package var newBox: @Sendable () -> BoxID
    package var newArchive: @Sendable () -> ArchiveID
    package var logger: Logger

    package init(
        store: any LeaseStore,
        driver: any Driver,
        archiver: (any PortableArchiver)?,
        fleet: FleetID,
        actor: String,
        now: @escaping @Sendable () -> Date,
        newBox: @escaping @Sendable () -> BoxID,
        newArchive: @escaping @Sendable () -> ArchiveID,
        logger: Logger
    ) {
        self.store = store
        self.driver = driver
        self.archiver = archiver
        self.fleet = fleet
        self.actor = actor
        self.now = now
        self.newBox = newBox
        self.newArchive = newArchive
        self.logger = logger
    }
}
