import CurlTransport
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import SandfleetClient

@Suite struct UploadBodyTests {
    /// An answer may come before the last write returns: what it is compared with is complete by then.
    @Test func whatIsSentIsCountedBeforeItIsOnItsWay() async throws {
        let counted = NIOLockedValueBox(0)
        guard
            case .streamed(let upload) = UploadBody.bytes(ByteBuffer(repeating: 7, count: 1_000_000))
                .transportBody({ chunk in counted.withLockedValue { $0 += chunk.readableBytes } })
        else {
            Issue.record("not streamed")
            return
        }
        try await upload.produce { _ in #expect(counted.withLockedValue { $0 } == 1_000_000) }
    }
}
