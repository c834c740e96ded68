package import Model
import ServiceHost

/// One incarnation of a worker process; a restart is another.
package struct WorkerIdentity: Sendable {
    package var id: WorkerID
    package var name: String
    package var fleet: FleetID

    package init(id: WorkerID, name: String, fleet: FleetID) {
        self.id = id
        self.name = name
        self.fleet = fleet
    }

    /// How events name it.
    var actor: String { "worker/\(id)" }

    /// A new id, of the present moment.
    func newID<Kind>() -> Identifier<Kind> { .now() }
}
