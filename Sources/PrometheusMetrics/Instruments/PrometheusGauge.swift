import CoreMetrics
import NIOConcurrencyHelpers

/// The last value, or one that goes up and down.
final class PrometheusGauge: MeterHandler, RecorderHandler, Series {
    private let value = NIOLockedValueBox<Double>(0)

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) {
        self.value.withLockedValue { $0 = value }
    }

    func increment(by amount: Double) {
        value.withLockedValue { $0 += amount }
    }

    func decrement(by amount: Double) {
        value.withLockedValue { $0 -= amount }
    }

    func record(_ value: Int64) { set(Double(value)) }

    func record(_ value: Double) { set(value) }

    var reading: Reading { .value(value.withLockedValue { $0 }) }
}
