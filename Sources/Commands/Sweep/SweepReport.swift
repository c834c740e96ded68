import SandfleetClient

/// What a sweep found, for people.
struct SweepReport {
    let sweep: Sweep
    let isDry: Bool

    private var boxes: [SweptBox] { sweep.boxes }

    /// How many boxes are proven to be nobody's.
    var doomed: Int { boxes.count { $0.verdict == .delete } }

    /// Why this is not all.
    var failure: Failure? {
        guard let first = sweep.unreached.first else { return nil }
        let places = sweep.unreached.map { [$0.provider, $0.placement].compactMap(\.self).joined(separator: " on ") }
        return Failure(
            .refused,
            "nobody could look at \(places.joined(separator: ", ")): \(first.message)",
            hint: "see which workers run with 'sandfleet status'",
            code: first.code
        )
    }

    /// A table of what needs somebody's eyes, and the numbers of all.
    func text(withKept: Bool) -> String {
        let shown = boxes.filter { withKept || $0.verdict != .keep }
        guard !shown.isEmpty else { return summary }
        var table = TextTable(["PROVIDER", "PLACEMENT", "BOX", "SANDBOX", "EPOCH", "WHAT", "WHY"])
        for box in shown {
            table.add([
                box.provider, box.placement, box.externalId, box.sandboxId, box.epoch.map { "\($0)" }, outcome(box),
                box.reason,
            ])
        }
        return "\(table.text)\n\n\(summary)"
    }

    private func outcome(_ box: SweptBox) -> String {
        switch (box.verdict, box.deleted) {
        case (.keep, _): "keep"
        case (_, true): "deleted"
        case (.delete, _): isDry ? "would delete" : "not deleted yet"
        case (.report, _): "look at it"
        default: box.verdict.rawValue
        }
    }

    private var summary: String {
        let kept = boxes.count { $0.verdict == .keep }
        let unclear = boxes.count { $0.verdict == .report }
        let gone = isDry ? "\(doomed) would be deleted" : "\(boxes.count(where: \.deleted)) deleted"
        return
            "\(boxes.count) \(boxes.count == 1 ? "box" : "boxes"): \(kept) kept, \(gone), \(unclear) for a person to look at."
    }
}
