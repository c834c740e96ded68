/// Where things lie in a box.
enum BoxPlaces {
    static let workspace = "/workspace"
    /// A volume of the box's own: it outlives a stop, goes with the box, and is in no saved image.
    static let own = "/.sandfleet"
    /// The daemon's: its socket, its fence, its spool.
    static let daemon = "/.sandfleet/daemon"
}
