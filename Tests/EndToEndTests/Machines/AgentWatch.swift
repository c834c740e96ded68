import FleetTesting
import Foundation

/// What an agent's process holds over a time.
struct AgentWatch: CustomStringConvertible {
    struct Sample {
        /// kB of memory of its own: what is mapped of files is the page cache's.
        var memory: Int
        var resident: Int
        var descriptors: Int
    }

    private var samples: [Sample] = []

    /// Looks every two seconds.
    static func watch(_ pid: Int32, until end: ContinuousClock.Instant) async throws -> AgentWatch {
        var watch = AgentWatch()
        while ContinuousClock.now < end {
            try await Task.sleep(for: .seconds(2))
            watch.samples.append(try sample(pid))
        }
        return watch
    }

    private static func sample(_ pid: Int32) throws -> Sample {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        func value(_ name: String) throws -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            guard let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
                throw FixtureError("\(pid) has no \(name)")
            }
            return number
        }
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        return Sample(memory: try value("RssAnon"), resident: try value("VmRSS"), descriptors: descriptors)
    }

    /// The middle of some of the samples.
    private func median(_ range: Range<Double>, _ value: (Sample) -> Int) -> Int {
        let count = Double(samples.count)
        let part = samples[Int(range.lowerBound * count)..<max(Int(range.lowerBound * count) + 1, Int(range.upperBound * count))]
        return part.map(value).sorted()[part.count / 2]
    }

    /// From the second tenth of the time to the last; what it takes to warm up is in the first.
    var growth: Double {
        Double(median(0.9..<1, \.memory)) / Double(median(0.1..<0.2, \.memory)) - 1
    }

    var descriptorsBefore: Int { median(0.1..<0.2, \.descriptors) }
    var descriptorsAfter: Int { median(0.9..<1, \.descriptors) }

    var description: String {
        let tenths = stride(from: 0.0, to: 1.0, by: 0.1).map { median($0..<($0 + 0.1), \.memory) }
        return """
            own memory by tenths of the time \(tenths) kB, growth \(Int((growth * 100).rounded())) %; \
            resident \(median(0.1..<0.2, \.resident)) to \(median(0.9..<1, \.resident)) kB; \
            descriptors \(descriptorsBefore) to \(descriptorsAfter)
            """
    }
}
