package import CoreMetrics

extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, kind: .counter) { _ in PrometheusCounter() }
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, kind: .counter) { _ in PrometheusFloatingPointCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, kind: .gauge) { _ in PrometheusGauge() }
    }

    /// An aggregating recorder is a histogram of its values; the other kind shows the last one.
    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            series(label, dimensions, kind: .histogram) { PrometheusHistogram(buckets: $0) }
        } else {
            series(label, dimensions, kind: .gauge) { _ in PrometheusGauge() }
        }
    }

    /// A timer is a histogram of seconds.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, kind: .histogram, unit: "seconds") { PrometheusHistogram(buckets: $0) }
    }

    package func destroyCounter(_ handler: any CounterHandler) {
        if let series = handler as? PrometheusCounter { forget(series) }
    }

    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        if let series = handler as? PrometheusFloatingPointCounter { forget(series) }
    }

    package func destroyMeter(_ handler: any MeterHandler) {
        if let series = handler as? PrometheusGauge { forget(series) }
    }

    package func destroyRecorder(_ handler: any RecorderHandler) {
        if let series = handler as? PrometheusHistogram { forget(series) }
        if let series = handler as? PrometheusGauge { forget(series) }
    }

    package func destroyTimer(_ handler: any TimerHandler) {
        if let series = handler as? PrometheusHistogram { forget(series) }
    }
}
