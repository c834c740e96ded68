import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import NIOConcurrencyHelpers
import SandfleetClient
import Testing

/// Services die while something runs on a user's machine.
@Suite(.serialized, .timeLimit(.minutes(10))) struct MachineServiceTests {
    @Test func aStreamGoesOnOverTheDeathsOfWorkersAndGateways() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine)
                let sandbox = try await api.sandbox(on: machine)
                let writer = try #require(try await api.start(SteadyWriter.body, in: sandbox)["id"] as? String)
                async let followed = follow(writer, api)
                var written = 0
                for service in ["worker", "gateway", "worker"] {
                    try await eventually("more is stored than before", within: .seconds(60)) {
                        guard let count = try? await api.output(writer).stdout.count, count > written else { return false }
                        written = count
                        return true
                    }
                    let pid = try api.fleet.pid(of: service)
                    kill(pid, SIGKILL)
                    try await api.fleet.restarted(service, after: pid)
                }
                try await eventually("the sandbox is served again", within: .seconds(60)) {
                    (try? await api.run(["command": "true"], in: sandbox))?["exitCode"] as? Int == 0
                }
                try await api.finish(writer, in: sandbox)
                let text = try await api.shell("cat written", in: sandbox)
                let lines = try #require(Int(text))
                // Whoever has followed all the while has every byte as well.
                SteadyWriter.check(try await followed, lines: lines)
                #expect(machine.keepers == 1)
                try await api.client.deleteSandbox(sandbox.id)
            }
        }
    }

    /// A worker that was started during a cut has heard nobody, and knows from the database that the machine is expected.
    @Test(.enabled(if: Account.isRoot)) func aWorkerOfAfterTheCutWaitsForTheMachineToo() async throws {
        try await withNetworkHost { network in
            try await withAPI(network: network) { api in
                try await withMachine(network: network) { machine in
                    try await api.bring(machine)
                    let sandbox = try await api.sandbox(on: machine)
                    try await network.cut()
                    try await api.waitFor(machine, toBe: .reconnecting)
                    let pid = try api.fleet.pid(of: "worker")
                    kill(pid, SIGKILL)
                    try await api.fleet.restarted("worker", after: pid)
                    let answer = NIOLockedValueBox<String?>(nil)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            let outcome: String
                            do {
                                outcome = try await api.run(["command": "echo back"], in: sandbox).body
                            } catch {
                                outcome = "\(error)"
                            }
                            answer.withLockedValue { $0 = outcome }
                        }
                        // Longer than the first beat of a machine takes that nobody has heard.
                        try await Task.sleep(for: .seconds(10))
                        #expect(answer.withLockedValue { $0 } == nil)
                        try await network.heal()
                        try await group.waitForAll()
                    }
                    try await eventually("it works again", within: .seconds(60)) {
                        (try? await api.run(["command": "true"], in: sandbox))?["exitCode"] as? Int == 0
                    }
                    try await api.client.deleteSandbox(sandbox.id)
                }
            }
        }
    }

    /// Reads on from the next chunk whenever an answer breaks.
    private func follow(_ process: String, _ api: FleetAPI) async throws -> SeenOutput {
        var seen = SeenOutput()
        while !seen.hasEnded {
            do {
                try await api.read(process, query: "from=\(seen.next)&follow=true", into: &seen) { _ in true }
            } catch is HTTPTransportError {
                try await Task.sleep(for: .milliseconds(100))
            } catch let error as UnexpectedStatus where error.status >= 500 {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        return seen
    }
}
