import Fleet
import FleetTesting
import Foundation
import Glibc
import SandfleetClient
import Testing

/// What becomes of sandboxes whose machine does not come back, or comes back late.
@Suite struct AbsentMachineTests {
    /// Nobody waits for a machine that may never return; if it does, what runs there ends.
    @Test func aDeletionIsFinalThoughTheMachineIsAway() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine)
                let deleted = try await api.sandbox(on: machine) { $0.selfhosted = SelfHosted(directory: "deleted") }
                let kept = try await api.sandbox(on: machine) { $0.selfhosted = SelfHosted(directory: "kept") }
                let lost = try await api.start(["command": "echo begun; sleep 1000"], in: deleted)
                let lasting = try await api.start(["command": "until test -e stop; do sleep 0.1; done"], in: kept)
                _ = try await api.shell("touch file", in: deleted)
                #expect(machine.keepers == 2)

                #expect(try await machine.end(SIGTERM) == .exited(0))
                try await api.waitFor(machine, toBe: .offline, within: .seconds(30))
                try await api.client.deleteSandbox(deleted.id)
                try await eventually("it is gone") {
                    try await api.send("GET", "/v1/sandboxes/\(deleted.id)").code == "sandbox_not_found"
                }
                let row = try await api.row(try #require(lost["id"] as? String))
                #expect(row["status"] as? String == "lost", "\(row.body)")
                #expect(machine.keepers == 2)

                try await machine.start()
                try await api.waitFor(machine, toBe: .online)
                try await eventually("what ran in it has ended: \(machine.log)") { machine.keepers == 1 }
                #expect(!FileManager.default.fileExists(atPath: "\(machine.state)/sandboxes/\(deleted.id)"))
                #expect(FileManager.default.fileExists(atPath: "\(machine.root)/deleted/file"))
                _ = try await api.shell("touch stop", in: kept)
                #expect(try await api.ended(try #require(lasting["id"] as? String))["exitCode"] as? Int == 0)
                try await api.client.deleteSandbox(kept.id)
            }
        }
    }

    /// A stop is carried out when there is somebody to carry it out; until then the sandbox is not said to be stopped.
    @Test func aStopWaitsForTheMachine() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine)
                let sandbox = try await api.sandbox(on: machine)
                #expect(try await machine.end(SIGTERM) == .exited(0))
                try await api.waitFor(machine, toBe: .offline, within: .seconds(30))
                let told = try await api.fleet.cli("stop", sandbox.id)
                #expect(told.contains("is being stopped"), "\(told)")
                #expect(try await api.client.sandbox(sandbox.id).status != .shutdown)
                try await machine.start()
                try await eventually("it is stopped", within: .seconds(40)) {
                    try await api.client.sandbox(sandbox.id).status == .shutdown
                }
                #expect(machine.keepers == 0)
                try await api.client.deleteSandbox(sandbox.id)
            }
        }
    }

    /// Workers wait for as long as the machine's owner has said, and no longer.
    @Test func theWindowOfAMachineIsTheOneThatWasSet() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await machine.enroll(in: api.fleet)
                var update = AgentUpdate()
                update.reconnectWindowMs = 0
                _ = try await api.client.updateAgent(try await api.agent(machine.name).id, update)
                try await machine.start()
                try await api.waitFor(machine, toBe: .online)
                let sandbox = try await api.sandbox(on: machine)
                machine.signal(SIGSTOP)
                try await api.waitFor(machine, toBe: .offline)
                // At once, by the worker, which would wait for a minute and more by itself.
                let began = ContinuousClock.now
                let answer = try await api.run(["command": "true"], in: sandbox)
                #expect(answer.status == 503 && answer.code == "agent_offline", "\(answer.body)")
                #expect(.now - began < .seconds(30))
                machine.signal(SIGCONT)
                try await api.waitFor(machine, toBe: .online)
                #expect(try await api.shell("echo back", in: sandbox) == "back\n")
                try await api.client.deleteSandbox(sandbox.id)
            }
        }
    }
}
