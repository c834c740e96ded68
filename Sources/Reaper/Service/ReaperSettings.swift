import ServiceHost

/// What a reaper is told besides what every service needs.
struct ReaperSettings: Sendable {
    /// The directory of archived output; nil keeps all output in the stream.
    var archive: String?
    /// How long after its end a process's output moves to the archive.
    var archiveAfterSeconds: Int
    /// How long after its end a process and its output are kept.
    var retentionHours: Int
    /// How long after they were deleted archives stay in the ledger.
    var archiveHours: Int
    /// How long events are kept after they left for the bus.
    var eventHours: Int
    var sweep: BoxSweep.Mode

    init(_ settings: ServiceSettings) throws(ServiceHostError) {
        archive = settings.optional(.archive)
        // Output expires in its stream after two days.
        archiveAfterSeconds = try settings.integer(.archiveAfter, in: 0...86_400)
        retentionHours = try settings.integer(.processRetention, in: 1...87_600)
        archiveHours = try settings.integer(.archiveRetention, in: 1...87_600)
        eventHours = try settings.integer(.eventRetention, in: 1...87_600)
        sweep = try settings.word(.sweep)
    }
}
