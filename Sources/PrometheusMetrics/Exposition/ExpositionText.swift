/// Writes families in the text format 0.0.4, which every Prometheus reads.
struct ExpositionText {
    /// What `Content-Type` says of it.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func write(_ family: Family) {
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        let series = family.series.map { (labels: $0.key, reading: $0.value.reading) }
            .sorted { Self.spelled($0.labels.pairs) < Self.spelled($1.labels.pairs) }
        for (labels, reading) in series {
            switch reading {
            case .integer(let value): line(family.name, labels.pairs, String(value))
            case .value(let value): line(family.name, labels.pairs, Self.number(value))
            case .histogram(let bounds, let counts, let sum):
                histogram(family.name, labels.pairs, bounds, counts, sum)
            }
        }
    }

    private mutating func histogram(
        _ name: String,
        _ labels: [Labels.Pair],
        _ bounds: [Double],
        _ counts: [UInt64],
        _ sum: Double
    ) {
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            line("\(name)_bucket", labels + [Labels.Pair(name: "le", value: bound)], String(total))
        }
        line("\(name)_sum", labels, Self.number(sum))
        line("\(name)_count", labels, String(total))
    }

    private mutating func line(_ name: String, _ labels: [Labels.Pair], _ value: String) {
        text += "\(name)\(Self.spelled(labels)) \(value)\n"
    }

    private static func spelled(_ labels: [Labels.Pair]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}

extension PrometheusRegistry {
    /// What `Content-Type` says of the exposition.
    package static var contentType: String { ExpositionText.contentType }
}
