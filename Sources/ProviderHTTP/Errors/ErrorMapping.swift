import FoundationEssentials
package import ProviderKit

/// How one provider tells what went wrong.
package protocol ErrorMapping: Sendable {
    /// Whether an answer is the provider's own, and not that of something in between: only then does a 404 prove anything.
    func recognises(_ refusal: ProviderRefusal) -> Bool

    /// The provider's own code and message, if it gave any; it is shown with secrets taken out.
    func message(of refusal: ProviderRefusal) -> String?

    /// What means something else with this provider than by default; nil is the default.
    func error(for refusal: ProviderRefusal) -> DriverError.Kind?
}

extension ErrorMapping {
    package func recognises(_ refusal: ProviderRefusal) -> Bool { message(of: refusal) != nil }

    package func error(for refusal: ProviderRefusal) -> DriverError.Kind? { nil }
}

/// For providers that answer `{"message": …}`, `{"error": …}` or `{"error": {"code": …, "message": …}}`, and mean what the
/// status says.
package struct PlainErrorMapping: ErrorMapping {
    private struct Document: Decodable {
        var message: String?
        var error: Detail?

        enum Detail: Decodable {
            case text(String)
            case object(code: String?, message: String?)

            private enum Key: CodingKey {
                case code
                case message
            }

            init(from decoder: any Decoder) throws {
                if let text = try? decoder.singleValueContainer().decode(String.self) {
                    self = .text(text)
                } else {
                    let object = try decoder.container(keyedBy: Key.self)
                    self = .object(
                        code: try object.decodeIfPresent(String.self, forKey: .code),
                        message: try object.decodeIfPresent(String.self, forKey: .message)
                    )
                }
            }
        }
    }

    package init() {}

    package func message(of refusal: ProviderRefusal) -> String? {
        guard let document = refusal.decoded(Document.self) else { return nil }
        switch document.error {
        case .text(let text)?: return document.message.map { "\(text): \($0)" } ?? text
        case .object(let code, let message)?:
            let words = [code, message].compactMap { $0 }
            return words.isEmpty ? nil : words.joined(separator: ": ")
        case nil: return document.message
        }
    }
}
