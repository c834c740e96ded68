import Model
import PostgresClient
import ServiceHost
import Store
import Testing

@Suite("What workers say of their providers")
struct WorkerDescriptorTests {
    @Test func onlyLiveWorkersCountTheNewestFirst() async throws {
        try await StoreFixture.with { fixture in
            for (index, text) in [#"[{"name": "old"}]"#, #"[{"name": "new"}]"#].enumerated() {
                try await fixture.store.register(
                    WorkerRegistration(
                        id: .now(),
                        name: "w\(index)",
                        host: "host",
                        pid: 1,
                        version: "0.0.0",
                        providers: ["local"],
                        placement: nil,
                        hostBound: [],
                        descriptors: text,
                        lockKey: Int64(index)
                    )
                )
            }
            let both = try await fixture.store.servedDescriptors()
            #expect(both == [#"[{"name": "new"}]"#, #"[{"name": "old"}]"#])
            _ = try await fixture.pool.query(
                "update workers set valid_until = now() - interval '1 second' where name = 'w1'"
            )
            let left = try await fixture.store.servedDescriptors()
            #expect(left == [#"[{"name": "old"}]"#])
        }
    }
}
