/// The labels of one series, in the order of their names, as Prometheus spells them.
struct Labels: Hashable, Sendable {
    private(set) var pairs: [Pair]

    struct Pair: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// Where label sets over the limit go.
    static let overflow = Labels([("otel.metric.overflow", "true")])

    init(_ dimensions: [(String, String)]) {
        pairs = dimensions.map { Pair(name: MetricName.label($0.0), value: $0.1) }.sorted { $0.name < $1.name }
    }
}
