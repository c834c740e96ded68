import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct ProcessListingTests {
    @Test func pagesGoThroughAllNewestFirst() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let other = try await fixture.served()
            var all: [ProcessRecord] = []
            for index in 0..<23 {
                var process = fixture.command("true")
                process.kind = index.isMultiple(of: 3) ? .service : .command
                var record = try await fixture.started(process, in: served)
                if index.isMultiple(of: 2) {
                    record = try #require(
                        try await fixture.end(record.id, of: served, as: ProcessEnd(.exited, exitCode: Int32(index)))
                    )
                }
                all.append(record)
            }
            _ = try await fixture.started(fixture.command("elsewhere"), in: other)
            all.sort { $0.id > $1.id }

            func walk(_ status: ProcessStatus?, _ kind: ProcessKind?, limit: Int) async throws -> [ProcessRecord] {
                var found: [ProcessRecord] = []
                while true {
                    let page = try await fixture.store.processes(
                        of: served.sandbox,
                        in: fixture.workspace,
                        status: status,
                        kind: kind,
                        before: found.last?.id,
                        limit: limit
                    )
                    #expect(page.count <= limit)
                    if page.isEmpty { return found }
                    found += page
                }
            }
            #expect(try await walk(nil, nil, limit: 5) == all)
            #expect(try await walk(nil, nil, limit: 23) == all)
            #expect(try await walk(.running, nil, limit: 4) == all.filter { $0.status == .running })
            #expect(try await walk(.exited, nil, limit: 4) == all.filter { $0.status == .exited })
            #expect(try await walk(nil, .service, limit: 1) == all.filter { $0.kind == .service })
            let both = all.filter { $0.status == .running && $0.kind == .service }
            #expect(try await walk(.running, .service, limit: 2) == both)
            #expect(!both.isEmpty)
            #expect(try await walk(.lost, nil, limit: 5).isEmpty)
        }
    }

    @Test func anotherWorkspaceSeesNothing() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let record = try await fixture.started(fixture.command("true"), in: served)
            #expect(try await fixture.store.process(record.id, in: .now()) == nil)
            let page = try await fixture.store.processes(
                of: served.sandbox,
                in: .now(),
                status: nil,
                kind: nil,
                before: nil,
                limit: 9
            )
            #expect(page.isEmpty)
        }
    }
}
