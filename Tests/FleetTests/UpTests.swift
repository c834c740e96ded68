import Fleet
import FleetTesting
import FoundationEssentials
import Glibc
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)))
struct UpTests {
    @Test func firstStartServesAndStopLeavesNothing() async throws {
        try await withStandInFleet { fleet in
            let document = try fleet.document
            #expect(document.services.map(\.name) == ["gateway", "worker", "reaper", "nats", "postgres"])
            #expect(document.apiKey.wholeMatch(of: /sf_[0-9a-z]{26}/) != nil)
            #expect(try mode(of: "\(fleet.data)/fleet.json") == 0o600)
            let keys = ["api.key", "sealing.key", "postgres.password", "nats-worker.creds", "nats-operator.seed"]
            for key in keys + ["nats-system.creds", "nats-account.seed"] {
                #expect(try mode(of: "\(fleet.data)/keys/\(key)") == 0o600)
            }
            #expect(try Data(contentsOf: URL(filePath: "\(fleet.data)/keys/sealing.key")).count == 32)
            #expect(
                await Greeting.httpStatus(try ListenAddress(String(document.url.dropFirst(7))), path: "/readyz") == 200
            )
            #expect(try await sql("select current_database(), current_setting('fsync')", in: fleet) == "sandfleet|on")
            try expectNoSecretInArguments(fleet)

            fleet.supervisor.signal(SIGHUP)
            #expect(try await fleet.stop(SIGINT) == .exited(0))
            #expect(TextFile.read("\(fleet.data)/order") == "gateway\nworker\nreaper\n")
            let stops = fleet.output.split(separator: "\n").filter { $0.hasPrefix("Stopped ") }
            #expect(stops.map { $0.dropFirst(8) } == ["gateway", "worker", "reaper", "nats", "postgres"])
            #expect(access("\(fleet.data)/fleet.json", F_OK) != 0)
            #expect(Remains(data: fleet.data, fleet: nil).all.isEmpty)
        }
    }

    @Test func severalOfAKindServeAndStopInOrder() async throws {
        try await withTemporaryDirectory { folder in
            var options = try StandIns("\(folder)/services").options
            options.gateways = 2
            options.workers = 2
            options.reapers = 2
            try await withFleet(options) { fleet in
                let document = try fleet.document
                let kinds = ["gateway", "worker", "reaper"].flatMap { [$0, "\($0)-2"] }
                #expect(document.services.map(\.name) == kinds + ["nats", "postgres"])
                let urls = document.services.compactMap(\.url)
                #expect(urls.count == 2 && Set(urls).count == 2 && urls.first == document.url)
                for url in urls {
                    #expect(await Greeting.httpStatus(try ListenAddress(String(url.dropFirst(7))), path: "/readyz") == 200)
                }
                let pid = try fleet.pid(of: "gateway-2")
                try await fleet.kill("gateway-2")
                try await fleet.restarted("gateway-2", after: pid)
                #expect(try fleet.document.services.compactMap(\.url) == urls)
                #expect(try await fleet.stop() == .exited(0))
                #expect(TextFile.read("\(fleet.data)/order") == kinds.map { $0.split(separator: "-")[0] + "\n" }.joined())
            }
        }
    }

    @Test func servicesGetTheirSettings() async throws {
        try await withStandInFleet { fleet in
            let worker = try environment(of: "worker", in: fleet)
            let document = try fleet.document
            #expect(worker["SANDFLEET_NATS_URL"] == document.nats.url)
            #expect(worker["SANDFLEET_PROVIDERS"] == "local,selfhosted")
            #expect(worker["SANDFLEET_WORKER_NAME"] == "worker")
            #expect(worker["SANDFLEET_DATA"] == "\(try resolved(fleet.data))/local")
            #expect(worker["SANDFLEET_FLEET_ID"] == TextFile.read("\(fleet.data)/keys/fleet.id"))
            let credentials = try #require(worker["SANDFLEET_NATS_CREDENTIALS"])
            #expect(credentials != document.nats.credentials && worker["SANDFLEET_NATS_OPERATOR_KEY_FILE"] == nil)
            #expect(worker["SANDFLEET_NATS_SYSTEM_CREDENTIALS"] == nil)
            let share = try #require(Int64(worker["SANDFLEET_OUTPUT_STREAM_BYTES"] ?? ""))
            #expect(share >= OutputShare.smallest && share <= 8 << 30)
            let gateway = try environment(of: "gateway", in: fleet)
            let archive = "\(try resolved(fleet.data))/archive"
            #expect(gateway["SANDFLEET_ARCHIVE"] == archive)
            #expect(try environment(of: "reaper", in: fleet)["SANDFLEET_ARCHIVE"] == archive)
            #expect(try mode(of: archive) == 0o700)
            #expect(TextFile.read(try #require(gateway["SANDFLEET_API_KEY_FILE"])) == document.apiKey)
            // libpq itself understands the URL that the services get.
            let psql = try PostgresInstallation.locate().program("psql")
            let url = try #require(worker["SANDFLEET_POSTGRES_URL"])
            #expect(try await Tool.run(psql, ["-qAt", "-c", "select inet_server_addr() is null", url]) == "t")
        }
    }

    @Test func settingsOfTheCallerReachTheServicesButNotHisSecrets() async throws {
        try await withTemporaryDirectory { folder in
            var options = try StandIns("\(folder)/services").options
            options.environment = [
                "SANDFLEET_LOG_LEVEL": "debug", "SANDFLEET_API_KEY": "sf_another",
                "SANDFLEET_NATS_URL": "nats://elsewhere", "SANDFLEET_OUTPUT_STREAM_BYTES": "123456789",
            ]
            try await withFleet(options) { fleet in
                let gateway = try environment(of: "gateway", in: fleet)
                #expect(gateway["SANDFLEET_LOG_LEVEL"] == "debug")
                #expect(gateway["SANDFLEET_API_KEY"] == nil)
                #expect(try fleet.document.nats.url == gateway["SANDFLEET_NATS_URL"])
                let worker = try environment(of: "worker", in: fleet)
                #expect(worker["SANDFLEET_OUTPUT_STREAM_BYTES"] == "123456789")
            }
        }
    }

    @Test func dataAreFoundAgain() async throws {
        try await withTemporaryDirectory { folder in
            let options = try StandIns("\(folder)/services").options
            let before = try await withUp(data: "\(folder)/fleet", options) { first in
                try await first.ready()
                try await sql("create table kept (n int); insert into kept values (42)", in: first)
                return try first.document
            }
            try await withUp(data: "\(folder)/fleet", options) { second in
                try await second.ready()
                let after = try second.document
                #expect(after.apiKey == before.apiKey && after.nats == before.nats && after.postgres == before.postgres)
                #expect(try await sql("select n from kept", in: second) == "42")
                #expect(try await second.stop() == .exited(0))
            }
        }
    }

    /// A stream's limit must not sink when the disk fills: the stream would drop what it holds.
    @Test func shareOfTheDiskIsChosenOnce() async throws {
        try await withTemporaryDirectory { folder in
            let options = try StandIns("\(folder)/services").options
            let record = "\(folder)/fleet/nats/output.bytes"
            try await withUp(data: "\(folder)/fleet", options) { first in
                try await first.ready()
                let chosen = try environment(of: "worker", in: first)["SANDFLEET_OUTPUT_STREAM_BYTES"]
                #expect(TextFile.read(record) == chosen.map { $0 + "\n" })
            }
            try "70000000\n".write(toFile: record, atomically: true, encoding: .utf8)
            try await withUp(data: "\(folder)/fleet", options) { second in
                try await second.ready()
                #expect(try environment(of: "worker", in: second)["SANDFLEET_OUTPUT_STREAM_BYTES"] == "70000000")
            }
        }
    }

    @Test func secondUpOnTheSameDataIsRefused() async throws {
        try await withStandInFleet { fleet in
            let before = try fleet.document
            let second = try await Refusal(data: fleet.data, executables: nil)
            #expect(second.status == .exited(1))
            #expect(second.message.contains("already running"))
            #expect(second.message.contains("process \(fleet.supervisor.pid)"))
            #expect(try fleet.document == before)
            #expect(try await sql("select 1", in: fleet) == "1")
        }
    }

    @Test(arguments: ["gateway", "worker", "reaper", "nats", "postgres"])
    func crashedServiceIsRestarted(_ service: String) async throws {
        try await withStandInFleet { fleet in
            try await sql("create table kept (n int); insert into kept values (1)", in: fleet)
            let pid = try fleet.pid(of: service)
            let others = try fleet.document.services.filter { $0.name != service }
            try await fleet.kill(service, SIGKILL)
            try await fleet.restarted(service, after: pid)
            #expect(try fleet.document.services.filter { $0.name != service } == others)
            #expect(try await sql("select n from kept", in: fleet) == "1")
            #expect(try mode(of: "\(fleet.data)/fleet.json") == 0o600)
        }
    }

    @Test func killedSupervisorTakesItsChildrenAlong() async throws {
        try await withTemporaryDirectory { folder in
            let options = try StandIns("\(folder)/services").options
            try await withUp(data: "\(folder)/fleet", options) { first in
                try await first.ready()
                try await sql("create table kept (n int); insert into kept values (7)", in: first)
                first.supervisor.signal(SIGKILL)
                _ = try await first.supervisor.ended()
                // What boxes lie on stays mounted: they may live on.
                try await eventually("no process is left") {
                    Remains(data: first.data, fleet: nil).processes.isEmpty
                }
            }
            try await withUp(data: "\(folder)/fleet", options) { second in
                try await second.ready()
                #expect(try await sql("select n from kept", in: second) == "7")
            }
            try await Remains(data: "\(folder)/fleet", fleet: nil).vanish()
        }
    }

    @Test func stoppedWhileStarting() async throws {
        try await withTemporaryDirectory { folder in
            let options = try StandIns("\(folder)/services").options
            try await withUp(data: "\(folder)/fleet", options) { fleet in
                try await eventually("the database is being made") { fleet.output.contains("Making the database") }
                #expect(try await fleet.stop() == .exited(130))
                try await Remains(data: fleet.data, fleet: nil).vanish()
            }
            // What was begun does not stand in the way of the next start.
            try await withUp(data: "\(folder)/fleet", options) { try await $0.ready() }
        }
    }

    @Test(.enabled(if: Account.isRoot)) func runsAsOrdinaryUser() async throws {
        try await withTemporaryDirectory { folder in
            let nobody = try #require(Account.named("nobody"))
            chmod(folder, 0o755)
            var options = try StandIns("\(folder)/services").options
            options.account = nobody
            options.sandfleet = "\(folder)/sandfleet"
            // By another process: a child that starts meanwhile would hold our copy open for writing.
            try await Tool.run("/bin/cp", [try Products.path("sandfleet"), "\(folder)/sandfleet"])
            chmod("\(folder)/sandfleet", 0o755)
            chmod("\(folder)/services", 0o755)
            mkdir("\(folder)/home", 0o700)
            chown("\(folder)/home", nobody.user, nobody.group)
            try await withUp(data: "\(folder)/home/fleet", options, log: "\(folder)/up.log") { fleet in
                try await fleet.ready()
                for service in try fleet.document.services {
                    var status = stat()
                    #expect(stat("/proc/\(service.pid)", &status) == 0 && status.st_uid == nobody.user)
                }
                #expect(try await sql("select 1", in: fleet) == "1")
                #expect(try await fleet.stop() == .exited(0))
                try await Remains(data: fleet.data, fleet: nil).vanish(within: .zero)
            }
        }
    }

    /// Too long for a Unix socket, and nothing that a shell or a URL would leave alone.
    @Test func awkwardDataPath() async throws {
        try await withTemporaryDirectory { folder in
            let options = try StandIns("\(folder)/services").options
            let data = "\(folder)/it's a \"fleet\" 100%/" + String(repeating: "long", count: 30)
            try await withUp(data: data, options, log: "\(folder)/up.log") { fleet in
                try await fleet.ready()
                let worker = try environment(of: "worker", in: fleet)
                #expect(worker["SANDFLEET_POSTGRES_URL"] == (try fleet.document.postgres.url))
                #expect(try await sql("select 1", in: fleet) == "1")
            }
        }
    }

    private func expectNoSecretInArguments(_ fleet: TestFleet) throws {
        let document = try fleet.document
        let arguments = Remains(data: fleet.data, fleet: nil).processes.joined()
        #expect(arguments.contains("nats-server"))
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(fleet.data)/keys") where name != "fleet.id" {
            let secret = try #require(TextFile.read("\(fleet.data)/keys/\(name)"))
            #expect(!arguments.contains(secret), "\(name) shows in ps")
        }
        #expect(!arguments.contains(document.postgres.url))
    }

    private func environment(of service: String, in fleet: TestFleet) throws -> [String: String] {
        let data = try Data(contentsOf: URL(filePath: "\(fleet.data)/\(service).env"))
        return try JSONDecoder().decode([String: String].self, from: data)
    }

    private func mode(of path: String) throws -> mode_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }

    private func resolved(_ path: String) throws -> String {
        let real = try #require(realpath(path, nil))
        defer { free(real) }
        return String(cString: real)
    }
}
