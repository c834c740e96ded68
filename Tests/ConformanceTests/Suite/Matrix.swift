import Foundation

/// What all checks have found out about all drivers, as `docs/providers.md` tells it.
actor Matrix {
    private var columns: [String: [Outcome]] = [:]

    func add(_ provider: String, _ outcomes: [Outcome]) {
        columns[provider] = outcomes
    }

    func text(_ checks: [Check], order: [String]) -> String {
        var notes: [String] = []
        var lines = [
            "# What each provider can do", "",
            "Written by the conformance suite (`Tests/ConformanceTests`): each yes was exercised, each no was refused, against",
            "the real thing (local, docker) or an emulator that the provider's own SDK accepts. `make providers` writes it anew.",
            "", "| | \(order.joined(separator: " | ")) |", "|\(String(repeating: " --- |", count: order.count + 1))",
        ]
        for (index, check) in checks.enumerated() {
            let cells = order.map { provider -> String in
                switch columns[provider]?[index] {
                case .holds: return "yes"
                case .refused(let reason): return "no \(note(provider, reason, &notes))"
                case .doesNotApply(let reason): return "– \(note(provider, reason, &notes))"
                case nil: return "?"
                }
            }
            lines.append("| \(check.title) | \(cells.joined(separator: " | ")) |")
        }
        lines.append("")
        for (index, note) in notes.enumerated() { lines.append("\(index + 1). \(note)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func note(_ provider: String, _ reason: String, _ notes: inout [String]) -> String {
        let text = "\(provider): \(reason)."
        if let index = notes.firstIndex(of: text) { return "[\(index + 1)]" }
        notes.append(text)
        return "[\(notes.count)]"
    }
}
