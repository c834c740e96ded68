import ArgumentParser

/// A span of time on the command line: `500ms`, `30s`, `5m`, `2h`, or plain seconds.
struct TimeSpan: ExpressibleByArgument, Equatable, Sendable {
    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1000),
    ]

    let milliseconds: Int

    init?(argument: String) {
        for unit in Self.units where argument.hasSuffix(unit.suffix) {
            guard let number = Double(argument.dropLast(unit.suffix.count)), number.isFinite, number >= 0 else {
                continue
            }
            let value = (number * unit.milliseconds).rounded()
            guard value >= 1, value < 1e15 else { return nil }
            milliseconds = Int(value)
            return
        }
        return nil
    }

    var duration: Duration { .milliseconds(milliseconds) }
}
