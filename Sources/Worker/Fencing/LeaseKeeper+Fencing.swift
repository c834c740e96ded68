import Bus
import Model
import Ownership
import Store

extension LeaseKeeper {
    /// The look before a change at a far end that does not fence by itself (rule 4).
    ///
    /// - Throws: `NoAnswer` when this worker may be dead to the others, `NoLease` when it has been superseded.
    func requireLease(of holding: Holding) async throws {
        guard vitality.isAlive() else { throw NoAnswer() }
        guard try await store.holds(holding.sandbox, epoch: holding.epoch) else {
            leaseLost(holding)
            throw NoLease()
        }
        guard vitality.isAlive() else { throw NoAnswer() }
    }
}
