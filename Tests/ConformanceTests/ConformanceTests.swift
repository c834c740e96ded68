import FleetTesting
import Foundation
import ProviderKit
import Testing

/// All drivers, held to what their descriptors say.
@Suite(.serialized, .enabled(if: Subjects.obstacle == nil, "\(Subjects.obstacle ?? "")"))
struct ConformanceTests {
    static let checks =
        Check.execution + Check.files + Check.life + Check.owners + Check.snapshots + Check.claims + Check.deadlines
        + Check.failures
    private static let matrix = Matrix()

    @Test(arguments: Subjects.all.map(\.name)) func aDriverKeepsWhatItSays(_ name: String) async throws {
        let subject = try #require(Subjects.all.first { $0.name == name })
        if let outcomes = try await outcomes(of: subject) { await Self.matrix.add(name, outcomes) }
    }

    /// Boxes that were there before anybody asked keep all of that too.
    @Test func aPoolChangesNothing() async throws {
        let (plain, pooled) = (try await outcomes(of: LocalSubject()), try await outcomes(of: LocalSubject(poolSize: 3)))
        #expect(plain != nil && plain == pooled)
    }

    /// - Returns: Nil when a check has failed.
    private func outcomes(of subject: some Subject) async throws -> [Outcome]? {
        var outcomes: [Outcome] = []
        try await subject.with { bench in
            for check in Self.checks {
                do {
                    outcomes.append(try await check.run(bench))
                } catch {
                    Issue.record("\(subject.name): \(check.title): \(error)")
                    return
                }
            }
            let left = try await bench.driver.list()
            #expect(left.isEmpty, "boxes are left")
        }
        return outcomes.count == Self.checks.count ? outcomes : nil
    }

    /// Runs behind the others, as the suite is serialized.
    @Test func theMatrixIsWhatTheDocumentSays() async throws {
        let text = await Self.matrix.text(Self.checks, order: Subjects.all.map(\.name))
        let document = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/providers.md")
        #expect(!text.contains("| ? "), "a provider was not tested")
        if ProcessInfo.processInfo.environment["SANDFLEET_WRITE_PROVIDERS"] != nil {
            try text.write(to: document, atomically: true, encoding: .utf8)
        } else {
            let written = try String(contentsOf: document, encoding: .utf8)
            #expect(written == text, "make providers writes it anew")
        }
    }
}
