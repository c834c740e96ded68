import Bus
import Wire

@testable import Gateway

extension SandboxBus {
    /// Nobody looks after providers, where a test does not say so.
    func upkeep(
        _ request: WireUpkeepRequest,
        provider: String,
        placement: String?,
        context: CallContext
    ) async throws -> WireUpkeepReply { throw BusError.noResponders }
}
