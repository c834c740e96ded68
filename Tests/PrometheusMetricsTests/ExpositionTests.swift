import CoreMetrics
import PrometheusMetrics
import Testing

@Suite("The text that Prometheus reads")
struct ExpositionTests {
    @Test func countersEndInTotalAndNeverFall() {
        let registry = PrometheusRegistry()
        let counter = registry.makeCounter(label: "bus.calls", dimensions: [("outcome", "ok")])
        counter.increment(by: 2)
        counter.increment(by: -5)
        counter.increment(by: 1)
        #expect(registry.exposition() == "# TYPE bus_calls_total counter\nbus_calls_total{outcome=\"ok\"} 3\n")
    }

    @Test func aTimerIsACumulativeHistogramOfSeconds() {
        let registry = PrometheusRegistry(buckets: HistogramBuckets([0.01, 0.001, 0.1]))
        let timer = registry.makeTimer(label: "http.server.request.duration", dimensions: [])
        for nanoseconds: Int64 in [500_000, 1_000_000, 1_000_001, 50_000_000, 5_000_000_000] {
            timer.recordNanoseconds(nanoseconds)
        }
        let lines = registry.exposition().split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "# TYPE http_server_request_duration_seconds histogram",
                "http_server_request_duration_seconds_bucket{le=\"0.001\"} 2",
                "http_server_request_duration_seconds_bucket{le=\"0.01\"} 3",
                "http_server_request_duration_seconds_bucket{le=\"0.1\"} 4",
                "http_server_request_duration_seconds_bucket{le=\"+Inf\"} 5",
                "http_server_request_duration_seconds_sum 5.052500001",
                "http_server_request_duration_seconds_count 5",
            ]
        )
    }

    @Test func labelValuesAreEscapedAndNamesAreMadeLegal() {
        let registry = PrometheusRegistry()
        registry.makeMeter(label: "4.queue-depth", dimensions: [("http.route", "a\"b\\c\nd")]).set(Int64(7))
        #expect(
            registry.exposition() == "# TYPE _4_queue_depth gauge\n_4_queue_depth{http_route=\"a\\\"b\\\\c\\nd\"} 7\n"
        )
    }

    @Test func theOrderOfLabelsDoesNotMakeAnotherSeries() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "c", dimensions: [("a", "1"), ("b", "2")]).increment(by: 1)
        registry.makeCounter(label: "c", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
        #expect(registry.exposition().contains("c_total{a=\"1\",b=\"2\"} 2"))
    }

    @Test func labelSetsAreBounded() {
        let registry = PrometheusRegistry(seriesLimit: 2)
        for value in 0..<100 {
            registry.makeCounter(label: "c", dimensions: [("id", "\(value)")]).increment(by: 1)
        }
        let lines = registry.exposition().split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.contains("c_total{otel_metric_overflow=\"true\"} 98"))
    }

    @Test func aNameKeepsItsFirstKind() {
        let registry = PrometheusRegistry()
        registry.makeMeter(label: "depth", dimensions: []).set(Int64(3))
        let other = registry.makeRecorder(label: "depth", dimensions: [], aggregate: true)
        other.record(Int64(9))
        #expect(registry.exposition() == "# TYPE depth gauge\ndepth 3\n")
    }

    @Test func aDestroyedInstrumentIsNoLongerShown() {
        let registry = PrometheusRegistry()
        let counter = registry.makeCounter(label: "c", dimensions: [])
        counter.increment(by: 1)
        registry.destroyCounter(counter)
        #expect(registry.exposition().isEmpty)
    }

    @Test func concurrentIncrementsAreAllCounted() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        registry.makeCounter(label: "c", dimensions: [("k", "v")]).increment(by: 1)
                    }
                }
            }
        }
        #expect(registry.exposition().contains("c_total{k=\"v\"} 8000"))
    }
}
