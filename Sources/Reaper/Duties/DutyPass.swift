/// What one pass of a duty came to.
package struct DutyPass: Sendable, Hashable {
    /// How many things were due.
    package var found: Int
    /// With how many of them nothing could be done; they come up again.
    package var failed: Int

    package init(found: Int, failed: Int = 0) {
        self.found = found
        self.failed = failed
    }

    static let idle = DutyPass(found: 0)
}
