extension ChaosReport {
    /// The report for a person, in Markdown.
    package var table: String {
        var lines = ["seed \(seed), \(seconds.fixed(0)) s of load, \(duration.fixed(0)) s in all", ""]
        lines += rows("faults injected", faults.sorted { $0.key < $1.key }, total: true)
        lines += [""] + rows("work", work.sorted { $0.key < $1.key }, total: false)
        lines += [""] + rows("violations", Violation.Kind.allCases.map { ($0.rawValue, count($0)) }, total: true)
        if !violations.isEmpty { lines += [""] + details }
        return lines.joined(separator: "\n")
    }

    private var details: [String] {
        var lines = violations.prefix(40).map { "\($0.kind.rawValue): \($0.sandbox ?? "-"): \($0.detail)" }
        for (sandbox, trace) in traces.sorted(by: { $0.key < $1.key }) {
            lines += ["", "sandbox \(sandbox)"] + trace.map { "  \($0)" }
        }
        if let data { lines += ["", "The data and logs are kept in \(data)."] }
        return lines
    }

    private func rows(_ title: String, _ counts: [(key: String, value: Int)], total: Bool) -> [String] {
        let sum = total ? [(key: "**all**", value: counts.reduce(0) { $0 + $1.value })] : []
        let width = max(title.count, (counts + sum).map(\.key.count).max() ?? 0)
        func row(_ left: String, _ right: String) -> String {
            "| \(left)\(String(repeating: " ", count: width - left.count)) | \(String(repeating: " ", count: max(0, 9 - right.count)))\(right) |"
        }
        return [row(title, "count"), "| \(String(repeating: "-", count: width)) | --------: |"]
            + (counts + sum).map { row($0.key, "\($0.value)") }
    }
}
