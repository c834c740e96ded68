/// The upper bounds of a histogram's buckets, rising; one more above all of them is implied.
package struct HistogramBuckets: Sendable, Hashable {
    package let bounds: [Double]

    package init(_ bounds: [Double]) {
        self.bounds = Set(bounds).filter(\.isFinite).sorted()
    }

    /// From a quarter of a millisecond to two minutes, close together where the budgets lie.
    package static let latency = HistogramBuckets([
        0.000_25, 0.000_5, 0.001, 0.001_8, 0.002_5, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
        60, 120,
    ])

    /// The bucket of a value: the first whose bound is not below it.
    func index(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
