import Fleet

/// One run of one box's processes, as the watcher saw it.
package struct BoxLife: Sendable {
    var sandbox: String
    var box: String
    var process: ProcessIdentity
    /// In seconds since the run began: when it was last seen missing, and first seen.
    var began: ClosedRange<Double>
    /// When it was last seen, and first missed; nil while it lives.
    var ended: ClosedRange<Double>?
}
