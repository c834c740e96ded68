import Bus
import FleetTesting
import Model
import NATSClient
import Ownership
import ProviderKit
import ServiceHost
import SwiftProtobuf
import Testing
import Wire

@testable import Worker

/// A lease whose owner does not know of it, for the answer to its acquisition was lost.
@Suite struct OwnerRequestTests {
    @Test func whoIsAskedInsteadAsksTheOwner() async throws {
        try await WorkerFixture.with { fixture in
            let sandbox = try await fixture.sandbox()
            let owner = fixture.keeper.identity.id
            guard
                case .acquired(let leased) = try await fixture.store.acquire(
                    sandbox,
                    in: fixture.workspace,
                    for: owner,
                    placement: fixture.driver.binding.placement
                )
            else {
                Issue.record("the lease was not to be had")
                return
            }
            let other = try await fixture.rival()
            try await fixture.listen(fixture.keeper) { mine in
                // Nobody but the other worker may be asked for leases.
                for subscription in mine where !subscription.subject.hasPrefix("worker.") { subscription.unsubscribe() }
                try await fixture.listen(other) { _ in
                    let reply = try await fixture.asker.acquire(
                        provider: "fake",
                        placement: fixture.driver.binding.placement,
                        workspace: fixture.workspace,
                        sandbox: sandbox,
                        context: CallContext(requestID: "test", deadline: .now + .seconds(30))
                    )
                    #expect(reply.outcome == .serving && reply.epoch == leased.record.epoch + 1)
                    #expect(fixture.keeper.holdings[sandbox] != nil)
                }
            }
        }
    }
}
