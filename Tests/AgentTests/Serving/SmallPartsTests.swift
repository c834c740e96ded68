import FleetTesting
import Testing

@testable import Agent

@Suite struct SmallPartsTests {
    @Test func datesOfAnswersAreRead() {
        #expect(HTTPDate.milliseconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(HTTPDate.milliseconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777_000)
        #expect(HTTPDate.milliseconds("Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199_000)
        #expect(HTTPDate.milliseconds("yesterday") == nil)
    }

    @Test func anInboxIsNewOnce() {
        let seen = SeenReplies(capacity: 2)
        #expect(seen.isNew("a"))
        #expect(!seen.isNew("a"))
        #expect(seen.isNew("b"))
        #expect(seen.isNew("c"))
        // The oldest is forgotten.
        #expect(seen.isNew("a"))
        #expect(!seen.isNew("c"))
    }

    @Test func waitsGrowAndDiffer() {
        var random = SeededGenerator(seed: 1)
        var backoff = Backoff()
        let delays = (0..<20).map { _ in backoff.delay(using: &random) }
        #expect(delays[0] <= .milliseconds(500) && delays[0] >= .milliseconds(250))
        #expect(delays.allSatisfy { $0 <= .seconds(30) })
        #expect(delays[19] >= .seconds(15))
        #expect(Set(delays.suffix(5)).count == 5)
        backoff.reset()
        #expect(backoff.delay(using: &random) <= .milliseconds(500))
    }

    @Test func addressesOfGatewaysAreEncryptedOrLocal() throws {
        #expect(try GatewayClient(url: "https://fleet.example.com//").url == "https://fleet.example.com")
        #expect(try GatewayClient(url: "http://127.0.0.1:7070").url == "http://127.0.0.1:7070")
        for url in ["fleet.example.com", "http://fleet.example.com", "http://127.0.0.1.example.com", "ftp://x", "https://"] {
            #expect(throws: AgentError.self) { try GatewayClient(url: url) }
        }
    }
}
