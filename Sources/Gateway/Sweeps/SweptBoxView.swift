import Wire

/// What a sweep found of one box, as the API shows it; what is not known is null.
struct SweptBoxView: Sendable {
    private let box: WireSweptBox
    private let place: SweepController.Place

    init(_ box: WireSweptBox, at place: SweepController.Place) {
        self.box = box
        self.place = place
    }

    var json: JSONValue {
        [
            "provider": .string(place.provider),
            "placement": .orNull(place.placement),
            "externalId": .string(box.externalID),
            "sandboxId": .orNull(box.sandboxID.isEmpty ? nil : box.sandboxID),
            "boxId": .orNull(box.boxID.isEmpty ? nil : box.boxID),
            "epoch": .orNull(box.epoch == 0 ? nil : Int64(clamping: box.epoch)),
            "verdict": .string(verdict),
            "reason": .string(box.reason),
            "deleted": .bool(box.deleted),
        ]
    }

    private var verdict: String {
        switch box.verdict {
        case .keep: "keep"
        case .delete: "delete"
        // A word that this gateway does not know yet is for a person, too.
        case .report, .unspecified, .UNRECOGNIZED: "report"
        }
    }
}
