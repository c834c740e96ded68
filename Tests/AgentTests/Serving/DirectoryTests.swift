import FleetTesting
import Model
import Testing
import Wire

/// Directories whose pages would not fit into a message.
@Suite(.serialized) struct DirectoryTests {
    /// Links of four thousand bytes each, under long names: four megabytes in one page of a thousand.
    @Test func aPageIsNoLargerThanAMessageAndNothingIsLeftOut() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                let script = """
                    import os
                    os.mkdir('links')
                    for number in range(1000):
                        os.symlink('t' * 4000, 'links/%04d' % number + 'n' * 200)
                    """
                try await caller.start("make", "python3", "-c", script)
                #expect(try await caller.collect("make").exit.code == 0)
                var names: [String] = []
                var cursor = ""
                repeat {
                    let page =
                        try await caller.ask { [cursor] in
                            $0.list.path = "links"
                            $0.list.cursor = cursor
                            $0.list.limit = 1000
                        }
                        .directory
                    #expect(page.entries.allSatisfy { $0.target.count == 4000 })
                    names += page.entries.map(\.name)
                    cursor = page.nextCursor
                } while !cursor.isEmpty
                #expect(names.count == 1000)
                let numbers = names.compactMap { Int($0.prefix(4)) }
                #expect(numbers == Array(0..<1000))
            }
        }
    }
}
