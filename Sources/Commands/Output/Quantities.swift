import FoundationEssentials

/// Quantities as people read them.
enum Quantities {
    /// A span of time by its largest unit, as in `5m`.
    static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<0: "0s"
        case ..<120: "\(Int(seconds))s"
        case ..<7200: "\(Int(seconds / 60))m"
        case ..<172_800: "\(Int(seconds / 3600))h"
        default: "\(Int(seconds / 86_400))d"
        }
    }

    static func age(_ date: Date?) -> String? {
        date.map { span(-$0.timeIntervalSinceNow) }
    }

    static func remaining(_ date: Date?) -> String? {
        date.map { span($0.timeIntervalSinceNow.rounded(.up)) }
    }

    /// A number of bytes by its largest unit, as in `1.5 MB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 {
                let tenths = Int((value * 10).rounded())
                return unit == "B" ? "\(count) B" : "\(tenths / 10).\(tenths % 10) \(unit)"
            }
            value /= 1000
        }
        return "\(Int(value.rounded())) TB"
    }
}
