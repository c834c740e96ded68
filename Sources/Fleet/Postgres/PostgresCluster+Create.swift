import FoundationEssentials
import Glibc

extension PostgresCluster {
    package var exists: Bool { access("\(directory)/PG_VERSION", F_OK) == 0 }

    /// Makes the cluster with its superuser and its database, all or nothing.
    package func create(password: String, environment: [String: String]) async throws {
        let fresh = "\(folder)/data.new"
        let secret = "\(folder)/password"
        let sql = log + ".sql"
        try? FileManager.default.removeItem(atPath: fresh)
        defer {
            unlink(secret)
            unlink(sql)
        }
        try TextFile.replace(secret, with: Array(password.utf8), owner: account)
        try await run(
            child(
                "initdb",
                [
                    "--pgdata", "\(ownFolder)/data.new", "--username", Self.superuser, "--pwfile",
                    "\(ownFolder)/password",
                    "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8",
                ],
                environment: environment
            )
        )
        // Single-user mode needs neither a listener nor a password, and the database exists before anybody connects.
        try TextFile.replace(sql, with: "CREATE DATABASE \(Self.database);\n")
        var single = child(
            "postgres",
            ["--single", "-D", "\(ownFolder)/data.new", "template1"],
            environment: environment
        )
        single.input = sql
        try await run(single)
        guard rename(fresh, directory) == 0 else {
            throw FleetError(.data, "Cannot rename \(fresh): \(lastSystemError()).")
        }
    }

    private func run(_ specification: ChildSpecification) async throws {
        let child = try await ChildProcess.spawn(specification)
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            if let status = await child.exit.wait(for: .milliseconds(50)) {
                guard status != .exited(0) else { return }
                throw failure(specification, "ended with \(status)")
            }
            if Task.isCancelled || ContinuousClock.now > deadline {
                child.killAll()
                _ = await child.exit.wait(for: .seconds(30))
                if Task.isCancelled { throw FleetError(.interrupted, "Stopped while the database was being made.") }
                throw failure(specification, "did not end within two minutes")
            }
        }
    }

    private func failure(_ specification: ChildSpecification, _ what: String) -> FleetError {
        FleetError(.postgres, "\(specification.executable) \(what).", advice: "Its last lines:\n\(LogFile(log).tail())")
    }
}
