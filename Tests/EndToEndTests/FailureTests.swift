import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import SandfleetClient
import Testing

/// What dies in the middle of anything, and what is left.
@Suite(.serialized) struct FailureTests {
    @Test func aKilledWorkersSandboxesAreTakenOverWithTheirBoxes() async throws {
        try await withAPI(workers: 2) { api in
            var sandboxes: [Sandbox] = []
            for index in 0..<4 {
                let sandbox = try await api.sandbox()
                _ = try await api.shell("echo \(index) > mark; echo $$ > /tmp/x; cat /proc/1/stat > birth", in: sandbox)
                sandboxes.append(sandbox)
            }
            let before = try await api.boots(of: sandboxes)
            for worker in ["worker", "worker-2"] {
                let pid = try api.fleet.pid(of: worker)
                // In the middle of a command: its caller learns that its end is unknown.
                async let interrupted = api.send(
                    "POST",
                    "/v1/sandboxes/\(sandboxes[0].id)/commands",
                    #"{"command":"sleep 12"}"#
                )
                try await api.fleet.kill(worker)
                for (index, sandbox) in sandboxes.enumerated() {
                    try await eventually("sandbox \(index) is served again", within: .seconds(40)) {
                        (try? await api.shell("cat mark", in: sandbox)) == "\(index)\n"
                    }
                }
                try await api.fleet.restarted(worker, after: pid)
                _ = try await api.send("GET", "/healthz")
                // Ended by its owner's death, or still going with the other worker: it is told either way.
                let answer = try await interrupted
                #expect([200, 502, 503, 504].contains(answer.status), "\(answer.status) \(answer.body)")
            }
            // The same boxes, never second ones.
            #expect(try await api.boots(of: sandboxes) == before)
            #expect(try api.runningBoxes == sandboxes.count)
        }
    }

    /// Declared dead while it was frozen, it must not stay as one who takes requests and answers none.
    @Test func aFencedWorkerBeginsAnew() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            _ = try await api.shell("echo kept > mark; cat /proc/1/stat > birth", in: sandbox)
            let before = try await api.boots(of: [sandbox])
            let pid = try api.fleet.pid(of: "worker")
            let psql = try PostgresInstallation.locate().program("psql")
            let fence = "update workers set state = 'fenced', ended_at = now() where state = 'live'"
            try await Tool.run(psql, ["--no-psqlrc", "-qAt", "-c", fence, try api.fleet.document.postgres.url])
            try await api.fleet.restarted("worker", after: pid)
            try await eventually("the sandbox is served again", within: .seconds(60)) {
                (try? await api.shell("cat mark", in: sandbox)) == "kept\n"
            }
            #expect(try await api.boots(of: [sandbox]) == before)
        }
    }

    @Test(arguments: ["client", "gateway"])
    func whoeverAskedMayGoAndTheCommandGoesOn(_ gone: String) async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let running = Task {
                try await api.run(["command": "echo begun; until test -e stop; do sleep 0.1; done; exit 5"], in: sandbox)
            }
            var process: String?
            try await eventually("the command runs") {
                let list = try await api.send("GET", "/v1/sandboxes/\(sandbox.id)/processes?status=running")
                process = (list.json["items"] as? [[String: Any]])?.first?["id"] as? String
                return process != nil
            }
            let id = try #require(process)
            if gone == "client" {
                running.cancel()
            } else {
                let pid = try api.fleet.pid(of: gone)
                try await api.fleet.kill(gone)
                try await api.fleet.restarted(gone, after: pid)
            }
            await #expect(throws: (any Error).self) { try await running.value }
            #expect(try await api.row(id)["status"] as? String == "running")
            _ = try await api.shell("touch stop", in: sandbox)
            #expect(try await api.ended(id)["exitCode"] as? Int == 5)
            #expect(try await api.output(id).stdout == Data("begun\n".utf8))
        }
    }

    @Test(arguments: ["postgres", "nats"])
    func aDependencyThatGoesIsToldAndForgiven(_ service: String) async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            _ = try await api.shell("echo kept > file", in: sandbox)
            let pid = try api.fleet.pid(of: service)
            // Frozen, with what serves its connections.
            let tree = ["-c", "pkill -$0 -P \(pid) || true; kill -$0 \(pid)"]
            try await Tool.run("/bin/sh", tree + ["STOP"])
            let ready = try await api.send("GET", "/readyz")
            try await Tool.run("/bin/sh", tree + ["CONT"])
            #expect(ready.status == 503)
            #expect(ready.body.contains(service))
            try await api.fleet.kill(service)
            try await api.fleet.restarted(service, after: pid)
            try await eventually("the fleet is ready again", within: .seconds(40)) {
                try await api.send("GET", "/readyz").status == 200
            }
            try await eventually("the sandbox answers again", within: .seconds(40)) {
                (try? await api.shell("cat file", in: sandbox)) == "kept\n"
            }
            #expect(try await api.client.sandbox(sandbox.id).status == .active)
        }
    }

    @Test func aFleetKilledWholeIsAdoptedByTheNext() async throws {
        try await withTemporaryDirectory { folder in
            let data = "\(folder)/fleet"
            var sandbox: Sandbox?
            try await withUp(data: data) { fleet in
                try await fleet.ready()
                let api = try FleetAPI(fleet)
                sandbox = try await api.sandbox { $0.name = "lasting" }
                _ = try await api.client.runCommand(.shell("echo kept > file"), in: sandbox?.id ?? "")
                fleet.supervisor.signal(SIGKILL)
                _ = await fleet.supervisor.exit.wait()
                await api.transport.shutdown()
            }
            try await withUp(data: data) { fleet in
                try await fleet.ready()
                let api = try FleetAPI(fleet)
                let found = try #require(sandbox)
                try await eventually("the sandbox is served again", within: .seconds(60)) {
                    (try? await api.shell("cat file", in: found)) == "kept\n"
                }
                #expect(try api.runningBoxes == 1)
                await api.transport.shutdown()
            }
            try await Remains(data: data, fleet: nil).vanish()
            // Stopped again before anybody could take over: its box is not left behind either.
            try await withUp(data: data) { fleet in
                try await fleet.ready()
                let api = try FleetAPI(fleet)
                _ = try await api.client.runCommand(.shell("true"), in: try #require(sandbox).id)
                fleet.supervisor.signal(SIGKILL)
                _ = await fleet.supervisor.exit.wait()
                await api.transport.shutdown()
            }
            try await withUp(data: data) { fleet in try await fleet.ready() }
            try await Remains(data: data, fleet: nil).vanish()
        }
    }
}

extension FleetAPI {
    /// When each sandbox's first process was born; another box has another birth.
    fileprivate func boots(of sandboxes: [Sandbox]) async throws -> [String] {
        var births: [String] = []
        for sandbox in sandboxes { births.append(try await shell("cut -d' ' -f22 /proc/1/stat", in: sandbox)) }
        return births
    }
}
