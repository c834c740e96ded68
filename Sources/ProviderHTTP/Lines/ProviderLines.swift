import FoundationEssentials
import NIOConcurrencyHelpers
package import NIOCore
package import ProviderKit

/// The lines of an answer, read by one task at its own pace.
package final class ProviderLines: Sendable {
    package let stream: ProviderStream
    private let splitter: NIOLockedValueBox<LineSplitter>

    init(_ stream: ProviderStream, limit: Int) {
        self.stream = stream
        splitter = NIOLockedValueBox(LineSplitter(limit: limit))
    }

    /// The next line without its end; nil after the last one.
    package func next() async throws(DriverError) -> ByteBuffer? {
        while true {
            if let line = try line() { return line }
            guard let bytes = try await stream.next() else {
                splitter.withLockedValue { $0.end() }
                return try line()
            }
            splitter.withLockedValue { $0.feed(bytes) }
        }
    }

    /// The next line as JSON.
    package func next<Value: Decodable>(as type: Value.Type) async throws(DriverError) -> Value? {
        guard let line = try await next() else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(line.readableBytesView))
        } catch {
            throw stream.misunderstood("a line is not what was expected")
        }
    }

    private func line() throws(DriverError) -> ByteBuffer? {
        do {
            return try splitter.withLockedValue { try $0.next() }
        } catch {
            throw stream.misunderstood("a line is too long")
        }
    }
}
