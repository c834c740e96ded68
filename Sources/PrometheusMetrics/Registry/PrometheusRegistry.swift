import NIOConcurrencyHelpers

/// Holds every instrument of the process, and hands them out to swift-metrics.
///
/// An instrument is a family (name and kind) and one series for each set of labels. Both are bounded: a family takes at
/// most `seriesLimit` series, what comes after shares one that is marked as overflow, as OpenTelemetry does.
package final class PrometheusRegistry: Sendable {
    private struct Contents {
        var families: [String: Family] = [:]
    }

    private let contents = NIOLockedValueBox(Contents())
    private let seriesLimit: Int
    private let buckets: HistogramBuckets

    /// - Parameters:
    ///   - seriesLimit: The most label sets of one family.
    ///   - buckets: The bounds of every histogram.
    package init(seriesLimit: Int = 500, buckets: HistogramBuckets = .latency) {
        self.seriesLimit = seriesLimit
        self.buckets = buckets
    }

    /// All instruments in the Prometheus text format, in the order of their names.
    package func exposition() -> String {
        let families = contents.withLockedValue { $0.families.values.sorted { $0.name < $1.name } }
        var text = ExpositionText()
        for family in families { text.write(family) }
        return text.text
    }

    func series<Instrument: Series>(
        _ label: String,
        _ dimensions: [(String, String)],
        kind: FamilyKind,
        unit: String = "",
        make: (HistogramBuckets) -> Instrument
    ) -> Instrument {
        let name = MetricName.family(label, kind: kind, unit: unit)
        let labels = Labels(dimensions)
        return contents.withLockedValue { contents in
            var family = contents.families[name] ?? Family(name: name, kind: kind)
            let key = family.series[labels] != nil || family.series.count < seriesLimit ? labels : .overflow
            if let known = family.series[key] as? Instrument, family.kind == kind { return known }
            let made = make(buckets)
            // The first kind of a name keeps it; the other still works, but is not shown.
            guard family.kind == kind else { return made }
            family.series[key] = made
            contents.families[name] = family
            return made
        }
    }

    func forget(_ instrument: some Series) {
        contents.withLockedValue { contents in
            for (name, family) in contents.families {
                guard let labels = family.series.first(where: { $0.value === instrument })?.key else { continue }
                contents.families[name]?.series[labels] = nil
                if contents.families[name]?.series.isEmpty == true { contents.families[name] = nil }
                return
            }
        }
    }
}
