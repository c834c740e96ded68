import CoreMetrics
import NIOConcurrencyHelpers

/// A whole number that only rises.
final class PrometheusCounter: CounterHandler, Series {
    private let value = NIOLockedValueBox<Int64>(0)

    func increment(by amount: Int64) {
        // A counter that falls looks like a restart to Prometheus.
        guard amount > 0 else { return }
        value.withLockedValue { value in
            let (sum, overflow) = value.addingReportingOverflow(amount)
            value = overflow ? .max : sum
        }
    }

    func reset() {
        value.withLockedValue { $0 = 0 }
    }

    var reading: Reading { .integer(value.withLockedValue { $0 }) }
}

/// A fraction that only rises.
final class PrometheusFloatingPointCounter: FloatingPointCounterHandler, Series {
    private let value = NIOLockedValueBox<Double>(0)

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.withLockedValue { $0 += amount }
    }

    func reset() {
        value.withLockedValue { $0 = 0 }
    }

    var reading: Reading { .value(value.withLockedValue { $0 }) }
}
