import BoxSession
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit

/// A channel whose output can be held back while it stays open.
final class SilentChannel: ByteChannel {
    private struct Shared {
        var isSilent = false
        var renewals = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let channel: ProcessChannel
    /// Whether it speaks again when it is renewed.
    private let recovers: Bool
    /// How often the provider is to say that the box stands still, before it goes on.
    private let stills: NIOLockedValueBox<Int>
    private let shared = NIOLockedValueBox(Shared())

    init(_ channel: ProcessChannel, recovers: Bool, standingStill looks: Int = 0) {
        stills = NIOLockedValueBox(looks)
        self.channel = channel
        self.recovers = recovers
    }

    var renewals: Int { shared.withLockedValue(\.renewals) }

    func fallSilent() { shared.withLockedValue { $0.isSilent = true } }

    func read() async throws(DriverError) -> ByteBuffer? {
        let bytes = try await channel.read()
        await withCheckedContinuation { continuation in
            let isHeard = shared.withLockedValue { shared in
                if shared.isSilent { shared.waiter = continuation }
                return !shared.isSilent
            }
            if isHeard { continuation.resume() }
        }
        return bytes
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) { try await channel.write(bytes) }

    func renew() async {
        shared.withLockedValue { $0.renewals += 1 }
        if recovers { speak() }
    }

    func standsStill() async -> Bool {
        let left = stills.withLockedValue { stills in
            stills -= 1
            return stills
        }
        if left == 0 { speak() }
        return left >= 0
    }

    func close() async {
        await channel.close()
        speak()
    }

    private func speak() {
        shared.withLockedValue { shared in
            shared.isSilent = false
            return shared.waiter.take()
        }?
        .resume()
    }
}
