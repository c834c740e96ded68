import ProviderHTTP
import ProviderKit

/// `{"error": {"code": …, "message": …}}`, and the codes that mean more than their status.
struct VercelErrorMapping: ErrorMapping {
    private struct Document: Decodable {
        struct Detail: Decodable {
            let code: String
            let message: String?
        }

        let error: Detail
    }

    func message(of refusal: ProviderRefusal) -> String? {
        refusal.decoded(Document.self)
            .map { document in
                [document.error.code, document.error.message].compactMap { $0 }.joined(separator: ": ")
            }
    }

    func error(for refusal: ProviderRefusal) -> DriverError.Kind? {
        guard let error = refusal.decoded(Document.self)?.error else { return nil }
        switch error.code {
        // A session is over, or about to be: whoever wants one resumes the sandbox.
        case "sandbox_stopped", "sandbox_stopping", "sandbox_snapshotting", "sandbox_stream_closed": return .transient
        // What a sandbox was to begin with is missing, or what it would go on with.
        case "snapshot_not_found":
            switch refusal.call {
            case VercelAPI.creating: return .archiveDamaged
            case VercelAPI.resuming: return .gone
            default: return .invalid
            }
        case "executable_not_found": return .startFailed(errno: 2)
        case "command_not_found": return .processGone
        case "command_not_found_or_exited", "command_stdin_unavailable": return .processEnded
        case "command_stdin_timeout": return .timeout
        case "bad_request":
            // There is no code for a name that is taken.
            return error.message?.contains("already exists") == true ? .conflict : nil
        default: return nil
        }
    }
}
