import Glibc

/// The programs of one major version of Postgres.
package struct PostgresInstallation: Sendable, Equatable {
    package static let oldest = 14
    package let major: Int
    /// The folder that holds `initdb` and `postgres`.
    package let programs: String

    package func program(_ name: String) -> String { "\(programs)/\(name)" }

    /// Finds the newest one, or the one that made a cluster.
    package static func locate(major: Int? = nil) throws(FleetError) -> PostgresInstallation {
        let found = installed().filter { $0.major >= oldest }
        let fitting = found.filter { major == nil || $0.major == major }
        if let best = fitting.max(by: { $0.major < $1.major }) { return best }
        guard let major else {
            throw FleetError(
                .missingExecutable,
                "No PostgreSQL \(oldest) or newer is installed.",
                advice: "apt-get install postgresql"
            )
        }
        throw FleetError(
            .missingExecutable,
            "The data were made by PostgreSQL \(major), which is not installed.",
            advice: "apt-get install postgresql-\(major)"
        )
    }

    private static func installed() -> [PostgresInstallation] {
        let packaged = (oldest...30).map { PostgresInstallation(major: $0, programs: "/usr/lib/postgresql/\($0)/bin") }
        return packaged.filter(\.isComplete) + (onPath().map { [$0] } ?? [])
    }

    private var isComplete: Bool {
        Executable.isRunnable(program("initdb")) && Executable.isRunnable(program("postgres"))
    }

    /// What PATH leads to.
    private static func onPath() -> PostgresInstallation? {
        guard let initdb = Executable.find("initdb"), let real = realpath(initdb, nil) else { return nil }
        defer { free(real) }
        let programs = Executable.directory(of: String(cString: real))
        guard let major = version(of: "\(programs)/postgres") else { return nil }
        let installation = PostgresInstallation(major: major, programs: programs)
        return installation.isComplete ? installation : nil
    }

    /// Asks the program itself: `postgres (PostgreSQL) 15.4`.
    private static func version(of program: String) -> Int? {
        let parts = program.split(separator: "'", omittingEmptySubsequences: false)
        let quoted = "'" + parts.joined(separator: "'\\''") + "'"
        guard let stream = popen("\(quoted) --version 2>/dev/null", "r") else { return nil }
        defer { pclose(stream) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, Int32(buffer.count), stream) != nil else { return nil }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let number = text.split(separator: " ").dropFirst(2).first else { return nil }
        return Int(number.prefix(while: \.isNumber))
    }
}
