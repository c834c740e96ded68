/// What a family's numbers mean to Prometheus.
enum FamilyKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// One name with its series.
struct Family: Sendable {
    let name: String
    let kind: FamilyKind
    var series: [Labels: any Series] = [:]
}

/// One instrument under one set of labels.
protocol Series: AnyObject, Sendable {
    var reading: Reading { get }
}

/// What a series shows at one moment.
enum Reading: Sendable, Equatable {
    case value(Double)
    case integer(Int64)
    /// Counts are per bucket, not cumulative; the last is that above all bounds.
    case histogram(bounds: [Double], counts: [UInt64], sum: Double)
}
