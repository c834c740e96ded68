import ArgumentParser
import Glibc
import SandfleetClient

/// `sandfleet sweep`.
struct SweepCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Delete boxes at the providers that are proven to be nobody's.",
        discussion: """
            Looks at every box that the providers have of this fleet. A box is deleted only when its tag and its record \
            prove that no sandbox wants it, at most 50 at a time; what nothing proves is shown and never touched. The \
            reaper does the same every five minutes. Needs a key of scope admin.

              $ sandfleet sweep --dry-run
              $ sandfleet sweep --dry-run --all --json
              $ sandfleet sweep --yes
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Flag(name: [.customShort("n"), .long], help: "Only show what would be done, and why.")
    var dryRun = false

    @Flag(name: [.short, .long], help: "Do not ask before boxes are deleted.")
    var yes = false

    @Flag(name: [.short, .long], help: "Also show the boxes that are kept.")
    var all = false

    func run(_ session: Session) async throws {
        guard !dryRun else { return try await show(try await session.client.sweep(dryRun: true), session) }
        if !yes, try await !isAllowed(session) { return }
        let sweep = try await session.client.sweep(dryRun: false)
        let rest = sweep.boxes.count { $0.verdict == .delete && !$0.deleted }
        if rest > 0 { note("not deleted yet: \(rest); the next sweep tries again") }
        try await show(sweep, session)
    }

    private func show(_ sweep: Sweep, _ session: Session) async throws {
        let report = SweepReport(sweep: sweep, isDry: dryRun)
        try await session.output.show(sweep, or: report.text(withKept: all))
        if let failure = report.failure { throw failure }
    }

    /// Shows what would be deleted, and asks; false when there is nothing to ask about.
    private func isAllowed(_ session: Session) async throws -> Bool {
        guard isatty(STDIN_FILENO) == 1, !session.output.isJSON else {
            throw Failure(
                .usage,
                "nobody is there to ask whether boxes may be deleted",
                hint: "look with 'sandfleet sweep --dry-run', then pass --yes"
            )
        }
        let report = SweepReport(sweep: try await session.client.sweep(dryRun: true), isDry: true)
        try await session.output.show(report.sweep, or: report.text(withKept: all))
        guard report.doomed > 0 else {
            if let failure = report.failure { throw failure }
            return false
        }
        guard try await Confirmation.ask("Delete \(report.doomed == 1 ? "this box" : "these \(report.doomed) boxes")?")
        else { throw Failure(.refused, "nothing was deleted") }
        return true
    }
}
