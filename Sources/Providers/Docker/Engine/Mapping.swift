import ProviderHTTP
import ProviderKit

/// The engine's error bodies: `{"message": …}`.
struct DockerErrorMapping: ErrorMapping {
    private struct Document: Decodable {
        var message: String?
    }

    static let noContainer = "No such container"

    func message(of refusal: ProviderRefusal) -> String? {
        refusal.decoded(Document.self)?.message
    }

    /// The engine answers 404 for much that is missing, and in these words for a container alone.
    func recognises(_ refusal: ProviderRefusal) -> Bool {
        message(of: refusal)?.hasPrefix(Self.noContainer) ?? false
    }

    func error(for refusal: ProviderRefusal) -> DriverError.Kind? {
        let said = message(of: refusal) ?? ""
        switch refusal.status {
        // Whoever asked of what lies in a container has looked at the container before: it has just gone, ask again.
        case 404 where refusal.box == nil && said.hasPrefix(Self.noContainer): return .transient
        // A container that stopped, or was paused, right now.
        case 409 where ["is not running", "is paused", "is restarting"].contains(where: said.contains):
            return .transient
        // The executable of a container that begins is being put in, by somebody else as well.
        case 400, 404:
            return refusal.call == Engine.startCall && said.contains("no such file or directory") ? .transient : nil
        // "Nothing to do"; whoever asked looks at what is.
        case 304: return .conflict
        default: return nil
        }
    }
}
