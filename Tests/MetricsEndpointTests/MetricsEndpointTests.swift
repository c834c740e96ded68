import CoreMetrics
import CurlTransport
import Logging
import MetricsEndpoint
import NIOCore
import PrometheusMetrics
import ServiceHost
import Testing

struct MetricsEndpointTests {
    @Test func whatIsCountedCanBeScraped() async throws {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "sandfleet.test.passes", dimensions: [("duty", "sweep")]).increment(by: 3)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let endpoint = MetricsEndpoint(
            address: try ListenAddress("127.0.0.1:0"),
            metrics: registry,
            logger: Logger(label: "test")
        ) { listening in
            if let listening { port.yield(listening) }
        }
        let transport = try HTTPTransport(logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await endpoint.run() }
            var listening = ports.makeAsyncIterator()
            let base = "http://127.0.0.1:\(try #require(await listening.next()))"
            let scraped = try await transport.send(HTTPTransportRequest(url: base + "/metrics"))
            let text = String(buffer: try await scraped.collect(upTo: 1 << 20))
            #expect(scraped.status == 200)
            #expect(text.contains(#"sandfleet_test_passes_total{duty="sweep"} 3"#), "\(text)")
            #expect(try await transport.send(HTTPTransportRequest(url: base + "/healthz")).status == 200)
            #expect(try await transport.send(HTTPTransportRequest(url: base + "/other")).status == 404)
            group.cancelAll()
        }
        await transport.shutdown()
    }

    @Test(arguments: ["127.0.0.1", "host:", ":80", "::1:80", "host:70000"])
    func anAddressThatIsNoneIsRefused(_ text: String) {
        #expect(throws: ServiceHostError.self) { try ListenAddress(text) }
    }
}
