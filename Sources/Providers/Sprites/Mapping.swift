import ProviderHTTP
import ProviderKit

/// `{"error": code, "message": …}`, and of files `{"error": words, "code": errno}`.
struct SpritesErrorMapping: ErrorMapping {
    private struct Document: Decodable {
        var error: String?
        var code: String?
        var message: String?
    }

    func message(of refusal: ProviderRefusal) -> String? {
        guard let document = refusal.decoded(Document.self), let error = document.error else { return nil }
        return [document.code, error, document.message].compactMap { $0 }.joined(separator: ": ")
    }

    func error(for refusal: ProviderRefusal) -> DriverError.Kind? {
        // Many things of a sprite can be missing: only who asks for the sprite itself learns whether it is there.
        refusal.status == 404 && refusal.box == nil ? .transient : nil
    }
}
