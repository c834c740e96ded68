/// How many bytes the fleet's streams may have: each refuses what is new when it is full (rule 18).
package enum StreamSize {
    /// `EVENTS`.
    package static let events: Int64 = 256 << 20
    /// `OUTPUT`, where the disk allows it and nothing else is set.
    package static let output: Int64 = 8 << 30
}
