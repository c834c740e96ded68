import FleetTesting
import Foundation
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct WebhookTests {
    @Test func aCallIsDueWhenItsProcessHasEnded() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            var process = fixture.command("make")
            process.arguments = ["a", "ü\"\\"]
            process.metadata = ["k": "v"]
            process.webhook = .init(url: "https://example.org/hook?x=1", secret: "s3cret")
            let id = try await fixture.started(process, in: served).id
            let quiet = try await fixture.started(fixture.command("true"), in: served).id
            #expect(try await store.claimWebhooks(limit: 9).isEmpty)
            let totals = OutputTotals(stdoutBytes: 7, stderrBytes: 1, chunkCount: 4)
            let end = ProcessEnd(.killed, signal: "KILL", reason: "timeout")
            let row = try #require(try await fixture.end(id, of: served, as: end, output: totals))
            _ = try await fixture.end(quiet, of: served, as: ProcessEnd(.exited, exitCode: 0))

            let due = try await store.claimWebhooks(limit: 9)
            let delivery = try #require(due.first)
            #expect(due.count == 1 && delivery.process == id && delivery.workspace == fixture.workspace)
            #expect(delivery.url == "https://example.org/hook?x=1" && delivery.secret == "s3cret")
            #expect(delivery.attempts == 0 && delivery.createdAt == row.exitedAt)
            let view = try JSONDecoder().decode(View.self, from: Data(delivery.payload.utf8))
            #expect(
                view
                    == View(
                        id: id.rawValue,
                        sandboxId: served.sandbox.rawValue,
                        kind: "command",
                        mode: "foreground",
                        status: "killed",
                        exitCode: nil,
                        signal: "KILL",
                        reason: "timeout",
                        message: nil,
                        command: "make",
                        args: ["a", "ü\"\\"],
                        cwd: nil,
                        externalProcessId: nil,
                        stdoutBytes: 7,
                        stderrBytes: 1,
                        chunkCount: 4,
                        startedAt: iso8601(row.startedAt),
                        exitedAt: iso8601(try #require(row.exitedAt)),
                        metadata: ["k": "v"]
                    )
            )
            // What is not known is said to be null, not left out.
            let object = try JSONSerialization.jsonObject(with: Data(delivery.payload.utf8))
            let fields = try #require(object as? [String: Any])
            for name in ["exitCode", "message", "cwd", "externalProcessId"] { #expect(fields[name] is NSNull) }
        }
    }

    @Test func aCallIsRepeatedUntilItIsDeliveredOrGivenUp() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            var process = fixture.command("make")
            process.webhook = .init(url: "https://example.org/", secret: "s")
            let id = try await fixture.started(process, in: served).id
            _ = try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: 0))
            let first = try #require(try await store.claimWebhooks(limit: 1).first)
            // A claim holds, until it is a minute old.
            #expect(try await store.claimWebhooks(limit: 1).isEmpty)
            try await fixture.postgres.sql("update webhooks set due_at = due_at - interval '1 minute'")
            let second = try #require(try await store.claimWebhooks(limit: 1).first)
            #expect(second.id == first.id && second.attempts == 1 && second.payload == first.payload)
            try await store.webhookFailed(second.id, error: "50\0 3", retryAfter: 3600)
            #expect(try await store.claimWebhooks(limit: 1).isEmpty)
            try await store.webhookFailed(second.id, error: "503", retryAfter: 0)
            #expect(try await store.claimWebhooks(limit: 1).first?.attempts == 2)
            try await store.webhookFailed(second.id, error: "503", retryAfter: nil)
            try await fixture.postgres.sql("update webhooks set settled_at = settled_at - interval '1 hour'")
            #expect(try await store.claimWebhooks(limit: 1).isEmpty)
            #expect(try await fixture.count("webhooks where due_at is null and error = '503' and not delivered") == 1)

            #expect(try await store.forgetSettledWebhooks(olderThanHours: 2, limit: 9) == 0)
            #expect(try await store.forgetSettledWebhooks(olderThanHours: 1, limit: 9) == 1)
            #expect(try await fixture.count("webhooks") == 0)
        }
    }

    @Test func twoWhoClaimNeverHaveTheSame() async throws {
        try await StoreFixture.with { fixture in
            let store = fixture.store
            let served = try await fixture.served()
            for _ in 0..<40 {
                var process = fixture.command("true")
                process.webhook = .init(url: "https://example.org/", secret: "s")
                try await fixture.started(process, in: served)
            }
            // They end with their sandbox: that is an end like any other.
            #expect(try await store.settle(served.sandbox, epoch: served.epoch, as: .stop, keepsBox: true, actor: "w"))
            let claimed = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var ids: [Int64] = []
                        while true {
                            let due = try await store.claimWebhooks(limit: 3)
                            if due.isEmpty { return ids }
                            for delivery in due { try await store.webhookDelivered(delivery.id) }
                            ids += due.map(\.id)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.count == Set(claimed).count)
            // Who passed over rows that another had locked may have stopped early.
            var rest: [Int64] = []
            while case let due = try await store.claimWebhooks(limit: 9), !due.isEmpty { rest += due.map(\.id) }
            #expect(Set(claimed + rest).count == 40 && claimed.count + rest.count == 40)
        }
    }

    @Test func aSecretThatDoesNotOpenStopsNobodyElse() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            var ids: [ProcessID] = []
            for _ in 0..<2 {
                var process = fixture.command("true")
                process.webhook = .init(url: "https://example.org/", secret: "s")
                ids.append(try await fixture.started(process, in: served).id)
            }
            // One secret in the place of the other: it is bound to its process.
            try await fixture.postgres.sql(
                """
                update webhooks set secret_sealed = (select secret_sealed from webhooks where process_id = '\(ids[1])')
                where process_id = '\(ids[0])'
                """
            )
            for id in ids { _ = try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: 0)) }
            #expect(try await fixture.store.claimWebhooks(limit: 9).map(\.process) == [ids[1]])
            #expect(try await fixture.count("webhooks where settled_at is not null and not delivered") == 1)
        }
    }
}

private func iso8601(_ date: Date) -> String {
    let milliseconds = (date.timeIntervalSince1970 * 1_000_000).rounded() / 1000
    let floored = Date(timeIntervalSince1970: milliseconds.rounded(.down) / 1000)
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime]
    let whole = Date(timeIntervalSince1970: floored.timeIntervalSince1970.rounded(.down))
    let fraction = Int(milliseconds.rounded(.down)) % 1000
    return formatter.string(from: whole).dropLast() + ".\(String(format: "%03d", fraction))Z"
}

private struct View: Decodable, Equatable {
    var id: String
    var sandboxId: String
    var kind: String
    var mode: String
    var status: String
    var exitCode: Int?
    var signal: String?
    var reason: String?
    var message: String?
    var command: String
    var args: [String]?
    var cwd: String?
    var externalProcessId: String?
    var stdoutBytes: Int
    var stderrBytes: Int
    var chunkCount: Int
    var startedAt: String
    var exitedAt: String
    var metadata: [String: String]
}
