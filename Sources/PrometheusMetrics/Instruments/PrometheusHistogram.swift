import CoreMetrics
import NIOConcurrencyHelpers

/// How values are spread over fixed buckets.
final class PrometheusHistogram: RecorderHandler, TimerHandler, Series {
    private struct Contents {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let buckets: HistogramBuckets
    private let contents: NIOLockedValueBox<Contents>

    init(buckets: HistogramBuckets) {
        self.buckets = buckets
        contents = NIOLockedValueBox(Contents(counts: Array(repeating: 0, count: buckets.bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = buckets.index(of: value)
        contents.withLockedValue { contents in
            contents.counts[index] += 1
            contents.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    var reading: Reading {
        let contents = contents.withLockedValue { $0 }
        return .histogram(bounds: buckets.bounds, counts: contents.counts, sum: contents.sum)
    }
}
