import FleetTesting
import Model
import ServiceHost
import Store
import Testing

/// What a machine learns of sandboxes that were deleted while it was away.
@Suite struct DeletedSandboxTests {
    @Test func onlyWhatWasDeletedOnThatMachineIsNamed() async throws {
        try await StoreFixture.with { fixture in
            let (here, elsewhere) = (try await fixture.agent("here").id, try await fixture.agent("elsewhere").id)
            var sandboxes: [SandboxID] = []
            for agent in [here, here, elsewhere] {
                var sandbox = fixture.sandbox()
                sandbox.spec.agent = agent
                sandboxes.append(try await fixture.created(sandbox).id)
            }
            for sandbox in [sandboxes[0], sandboxes[2]] { try await delete(sandbox, fixture) }
            let named = sandboxes + [.now()]
            #expect(try await fixture.store.deletedSandboxes(among: named, of: here) == [sandboxes[0]])
            #expect(try await fixture.store.deletedSandboxes(among: named, of: elsewhere) == [sandboxes[2]])
            #expect(try await fixture.store.deletedSandboxes(among: [], of: here).isEmpty)
        }
    }

    /// Of one that never had a box, as whoever deletes it does.
    private func delete(_ sandbox: SandboxID, _ fixture: StoreFixture) async throws {
        let intended = try await fixture.store.intend(.delete, for: sandbox, in: fixture.workspace, actor: "test")
        #expect(intended != nil)
        #expect(try await fixture.store.settleWithoutBox(sandbox, actor: "test"))
    }
}
