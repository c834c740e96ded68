import Glibc
import NIOCore

/// A question that only a person can answer.
enum Confirmation {
    /// Asks on the terminal; everything but a yes is a no.
    static func ask(_ question: String) async throws -> Bool {
        let text = "\(question) [y/N] "
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        guard let line = try await BlockingDescriptor.standardInput.read() else { return false }
        let answer = String(buffer: line).lowercased().filter { !$0.isWhitespace }
        return answer == "y" || answer == "yes"
    }
}
