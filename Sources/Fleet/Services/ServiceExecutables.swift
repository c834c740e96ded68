import Glibc

/// The fleet's own programs.
package struct ServiceExecutables: Sendable {
    package let gateway: String
    package let worker: String
    package let reaper: String
    package let boxd: String

    /// Finds all four in one folder, by default the one that the running program lies in.
    package init(folder: String? = nil) throws(FleetError) {
        let folder = folder ?? Executable.directory(of: Executable.current)
        let names = ["gateway", "worker", "reaper", "boxd"]
        let missing = names.filter { !Executable.isRunnable("\(folder)/\($0)") }
        guard missing.isEmpty else {
            throw FleetError(
                .missingExecutable,
                "Not found in \(folder): \(missing.joined(separator: ", ")).",
                advice: "Build them with `make build`, or name their folder with --executables."
            )
        }
        gateway = "\(folder)/gateway"
        worker = "\(folder)/worker"
        reaper = "\(folder)/reaper"
        boxd = "\(folder)/boxd"
    }
}
