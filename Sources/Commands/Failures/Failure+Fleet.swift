import SandfleetClient

extension Failure {
    /// What the fleet, or the way to it, has refused.
    init(_ error: SandfleetError) {
        self.init(
            Self.kind(error.code),
            error.message,
            hint: Self.hint(error),
            code: error.code.rawValue,
            requestID: error.requestID
        )
    }

    private static func kind(_ code: SandfleetError.Code) -> Kind {
        switch code {
        case .unreachable, .tls: .unreachable
        case .timeout, .interrupted: .outcomeUnknown
        case .invalidResponse, .digestMismatch: .notAFleet
        case .invalidRequest: .usage
        case .unauthenticated, .forbidden: .notPermitted
        default: .refused
        }
    }

    /// The fleet's own hint, unless it speaks to programs: of paths and headers of its API.
    private static func hint(_ error: SandfleetError) -> String? {
        guard let hint = error.hint, !programWords.contains(where: { hint.contains($0) }) else {
            return error.hint.map { $0.contains("'portable'") } == true ? portable : advice(error.code)
        }
        return hint
    }

    private static let portable =
        "save it with 'sandfleet checkpoint create --portable'; 'fork --checkpoint' and 'create --from-checkpoint' take that"

    private static let programWords = [
        "/v1/", "/openapi", "GET ", "POST ", "header", "X-Operation-Id", ": true", "JSON", "format 'portable'",
    ]

    private static func advice(_ code: SandfleetError.Code) -> String? {
        switch code {
        case .unreachable: "check that the fleet runs ('sandfleet up' starts one) and that its URL is right"
        case .tls: "check the fleet's certificate and the URL"
        case .timeout, .interrupted, .init(rawValue: "outcome_unknown"):
            "the request may have been carried out: look before you repeat it"
        case .unauthenticated: "check --api-key, SANDFLEET_API_KEY or fleet.json"
        case .forbidden: "use a key with the scope that this needs"
        case .sandboxNotFound: "see what there is with 'sandfleet ls'"
        case .sandboxNotActive: "bring a persistent sandbox back with 'sandfleet connect'"
        case .draining: "it is being put to sleep: try again in a moment, and it wakes up"
        case .checkpointNotFound: "see what there is with 'sandfleet checkpoint ls'"
        case .checkpointNotReady: "see how far it is with 'sandfleet checkpoint ls'"
        case .archiveInvalid: "use an archive that 'sandfleet export' has written"
        case .archiveDamaged: "begin again from a checkpoint: 'sandfleet checkpoint ls' lists them"
        case .nameTaken: "choose another name, or take the one that there is with --reuse"
        case .init(rawValue: "unknown_provider"): "see what there is with 'sandfleet providers'"
        case .init(rawValue: "agent_not_found"): "see what there is with 'sandfleet agents'"
        case .init(rawValue: "agent_offline"): "see which are there with 'sandfleet agents --state online'"
        case .init(rawValue: "enrollment_not_found"): "see what there is with 'sandfleet agents enrollments'"
        case .processNotFound: "see what a sandbox has with 'sandfleet ps <sandbox> --all'"
        case .processEnded: "see how it ended with 'sandfleet wait'"
        case .outOfRange: "without --from all of it is shown"
        case .outputTruncated: "see how the process ended with 'sandfleet wait'"
        default: nil
        }
    }
}
