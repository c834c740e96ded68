import NIOConcurrencyHelpers
package import ProviderKit

/// The parts of a form in an answer, read by one task at its own pace.
package final class ProviderParts: Sendable {
    private let stream: ProviderStream
    private let parser: NIOLockedValueBox<MultipartParser>

    init(_ stream: ProviderStream, _ parser: MultipartParser) {
        self.stream = stream
        self.parser = NIOLockedValueBox(parser)
    }

    /// The next event; nil after the end of the form.
    ///
    /// - Throws: `transient` when the answer ends before the form does: what came so far is not whole.
    package func next() async throws(DriverError) -> MultipartParser.Event? {
        while true {
            if let event = try parsed() {
                if case .end = event { return nil }
                return event
            }
            guard let bytes = try await stream.next() else { throw stream.misunderstood("half a form") }
            parser.withLockedValue { $0.feed(bytes) }
        }
    }

    private func parsed() throws(DriverError) -> MultipartParser.Event? {
        do {
            return try parser.withLockedValue { try $0.next() }
        } catch {
            throw stream.misunderstood("a malformed form")
        }
    }
}
