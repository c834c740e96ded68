import NIOCore
import ProviderKit

extension SelfHostedProcess {
    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        try await mapped { () throws(SelfHostedFailure) in
            guard try await input.write(bytes) else {
                throw .invalid("The program does not read its input any more.")
            }
        }
    }

    func append(
        _ bytes: ByteBuffer,
        at offset: UInt64?,
        end: Bool,
        within limit: Duration
    ) async throws(DriverError) -> InputState {
        try await mapped { () throws(SelfHostedFailure) in
            try await input.append(bytes, at: offset, end: end, within: limit)
        }
    }

    func closeInput() async throws(DriverError) {
        try await mapped { () throws(SelfHostedFailure) in
            _ = try await input.append(ByteBuffer(), at: nil, end: true, within: .zero)
        }
    }
}
