import Fleet
import FleetTesting
import Foundation
import SandfleetClient
import Testing

/// Sandboxes that get boxes which were there before them.
@Suite(.serialized) struct PoolTests {
    private func withPool(_ size: Int, _ body: (FleetAPI) async throws -> Void) async throws {
        var options = TestFleet.Options()
        options.environment["SANDFLEET_LOCAL_POOL_SIZE"] = "\(size)"
        try await withAPI(options, body)
    }

    @Test func sandboxesGetBoxesThatWaited() async throws {
        try await withPool(3) { api in
            let waiting = try await api.waitingBoxes(3)
            var request = SandboxRequest()
            request.env = ["GIVEN": "value"]
            let sandbox = try await api.client.createSandbox(request)
            #expect(waiting.contains(try api.process(of: sandbox)))
            #expect(try await api.shell("echo $GIVEN $(hostname) $(id -u); ls -A", in: sandbox) == "value sandbox 1000\n")
            #expect(!(try await api.waitingBoxes(3)).contains(try api.process(of: sandbox)))

            let limited = try await api.sandbox { $0.resources = SandboxResources(memoryMb: 64) }
            #expect(!waiting.contains(try api.process(of: limited)))

            // More at once than wait.
            let sandboxes = try await withThrowingTaskGroup(of: Sandbox.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        let sandbox = try await api.sandbox()
                        #expect(try await api.shell("echo \(index) > f; cat f; ls -A", in: sandbox) == "\(index)\nf\n")
                        return sandbox
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(try sandboxes.map { try api.process(of: $0) }).count == 8)

            // Stopped, it comes back with its files, as any other.
            _ = try await api.shell("echo kept > mark", in: sandbox)
            #expect(try await api.send("POST", "/v1/sandboxes/\(sandbox.id)/stop").status == 200)
            #expect(try await api.send("POST", "/v1/sandboxes/\(sandbox.id)/connect").status == 200)
            #expect(try await api.shell("cat mark", in: sandbox) == "kept\n")
            for sandbox in sandboxes { try await api.client.deleteSandbox(sandbox.id) }
        }
    }

    /// Its boxes live on and are served again; those that waited for it go, and others wait for its successor.
    @Test func aKilledWorkersPoolGoes() async throws {
        try await withPool(2) { api in
            let sandbox = try await api.sandbox()
            _ = try await api.shell("echo kept > mark", in: sandbox)
            let process = try api.process(of: sandbox)
            let waited = try await api.waitingBoxes(2)
            let pid = try api.fleet.pid(of: "worker")
            try await api.fleet.kill("worker")
            try await api.fleet.restarted("worker", after: pid)
            let waiting = try await api.waitingBoxes(2)
            #expect(waiting.isDisjoint(with: waited))
            #expect(waited.allSatisfy { ProcessIdentity(pid: $0) == nil })
            try await eventually("it is served again", within: .seconds(40)) {
                (try? await api.shell("cat mark", in: sandbox)) == "kept\n"
            }
            #expect(try api.process(of: sandbox) == process)
        }
    }
}

extension FleetAPI {
    /// The first processes of the boxes that wait, once there are so many.
    fileprivate func waitingBoxes(_ count: Int) async throws -> Set<Int32> {
        let pool = "\(fleet.data)/local/pool"
        var found: Set<Int32> = []
        try await eventually("\(count) boxes wait") {
            let runs = try FileManager.default.contentsOfDirectory(atPath: pool)
            let boxes = try runs.flatMap { run in
                try FileManager.default.contentsOfDirectory(atPath: "\(pool)/\(run)").map { "\(pool)/\(run)/\($0)" }
            }
            found = Set(boxes.compactMap(Self.process).filter { ProcessIdentity(pid: $0) != nil })
            return found.count == count
        }
        return found
    }

    /// The first process of a sandbox's box.
    fileprivate func process(of sandbox: Sandbox) throws -> Int32 {
        let box = try #require(sandbox.externalSandboxId)
        return try #require(Self.process("\(fleet.data)/local/boxes/\(box)"))
    }

    private static func process(_ box: String) -> Int32? {
        guard let data = FileManager.default.contents(atPath: "\(box)/box.json"),
            let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let process = json["process"] as? [String: Any]
        else { return nil }
        return (process["pid"] as? Int).map(Int32.init)
    }
}
