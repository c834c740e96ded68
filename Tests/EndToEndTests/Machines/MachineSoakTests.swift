import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import NIOCore
import SandfleetClient
import Testing

enum MachineSoak {
    static let seconds = ProcessInfo.processInfo.environment["SANDFLEET_AGENT_SOAK"].flatMap { Int($0) }
}

/// What takes minutes: only where `SANDFLEET_AGENT_SOAK` says for how many seconds the load lasts (`make agent-soak`).
@Suite(.serialized, .enabled(if: MachineSoak.seconds != nil && Account.isRoot, "make agent-soak"))
struct MachineSoakTests {
    /// Away for longer than calls wait, a machine is offline; what runs there runs on, and every byte of it comes.
    @Test func aCutOfFiveMinutesLosesNothing() async throws {
        try await withNetworkHost { network in
            try await withAPI(network: network) { api in
                try await withMachine(network: network) { machine in
                    try await api.bring(machine)
                    let sandbox = try await api.sandbox(on: machine)
                    let writer = try #require(try await api.start(SteadyWriter.body, in: sandbox)["id"] as? String)
                    for seconds in [30, 300] {
                        let before = try await api.output(writer).stdout.count
                        try await network.cut()
                        let end = ContinuousClock.now + .seconds(seconds)
                        try await api.waitFor(machine, toBe: .reconnecting)
                        if seconds > 120 {
                            try await api.waitFor(machine, toBe: .offline, within: .seconds(130))
                            let began = ContinuousClock.now
                            let refused = try await api.run(["command": "true"], in: sandbox)
                            #expect(refused.status == 503 && refused.code == "agent_offline", "\(refused.body)")
                            #expect(.now - began < .seconds(3))
                        }
                        try await Task.sleep(until: end, clock: .continuous)
                        try await network.heal()
                        let healed = ContinuousClock.now
                        try await api.waitFor(machine, toBe: .online)
                        tell("cut of \(seconds) s: online again \(healed.duration(to: .now)) after it")
                        try await eventually("output goes on") { try await api.output(writer).stdout.count > before }
                    }
                    try await api.finish(writer, in: sandbox)
                    try await api.client.deleteSandbox(sandbox.id)
                }
            }
        }
    }

    /// Half a minute in which neither the broker nor, another time, the agent does anything at all.
    @Test func aFrozenBrokerAndAFrozenAgentOnlyCostTime() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine)
                let sandbox = try await api.sandbox(on: machine)
                let writer = try #require(try await api.start(SteadyWriter.body, in: sandbox)["id"] as? String)
                for pid in [try api.fleet.pid(of: "nats"), try machine.pid] {
                    async let answer = api.run(["command": "touch begun; sleep 2; echo over; exit 4"], in: sandbox)
                    try await machine.waitForFile("begun")
                    kill(pid, SIGSTOP)
                    try await Task.sleep(for: .seconds(30))
                    kill(pid, SIGCONT)
                    let thawed = ContinuousClock.now
                    let body = try await answer
                    #expect(body["exitCode"] as? Int == 4 && body["stdout"] as? String == "over\n", "\(body.body)")
                    tell("frozen for 30 s: the command's end was told \(thawed.duration(to: .now)) after it")
                }
                try await api.finish(writer, in: sandbox)
                try await api.client.deleteSandbox(sandbox.id)
            }
        }
    }

    /// Everything at once, for minutes: the agent grows by less than a fifth, and its descriptors stay.
    @Test func mixedLoadLeavesNothingBehind() async throws {
        let length = Duration.seconds(MachineSoak.seconds ?? 60)
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine)
                let load = MachineLoad(api: api, machine: machine, until: .now + length)
                let watch = Task { try await AgentWatch.watch(try machine.pid, until: .now + length) }
                let done = try await load.run()
                let seen = try await watch.value
                tell("\(done.sum) operations: \(done.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })")
                tell("\(seen)")
                #expect(done.failures.isEmpty, "\(done.failures.prefix(5))")
                #expect(seen.growth < 0.2, "\(seen)")
                #expect(seen.descriptorsAfter <= seen.descriptorsBefore + 4, "\(seen)")
                try await eventually("nothing is left open") { machine.keepers == 0 }
            }
        }
    }

    private func tell(_ line: String) { print("agent-soak: \(line)") }
}
