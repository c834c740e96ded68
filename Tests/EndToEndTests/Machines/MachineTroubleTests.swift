import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import SandfleetClient
import Testing

/// What befalls a machine and the way to it, under a program that writes all the while.
@Suite(.enabled(if: Account.isRoot)) struct MachineTroubleTests {
    @Test func nothingIsLostOverKillsCutsAndAFrozenBroker() async throws {
        try await withNetworkHost { network in
            try await withAPI(network: network) { api in
                try await withMachine(network: network) { machine in
                    try await api.bring(machine)
                    let sandbox = try await api.sandbox(on: machine)
                    let writer = try #require(try await api.start(SteadyWriter.body, in: sandbox)["id"] as? String)
                    try await eventually("it writes") { try await api.output(writer).stdout.count > 0 }

                    // Killed without a word, it is back before anybody counts it as silent; then it leaves and comes.
                    try await machine.end(SIGKILL)
                    try await machine.start()
                    #expect(try await api.shell("echo after the kill", in: sandbox) == "after the kill\n")
                    #expect(try await machine.end(SIGTERM) == .exited(0))
                    try await api.waitFor(machine, toBe: .offline, within: .seconds(30))
                    try await machine.start()
                    try await api.waitFor(machine, toBe: .online)
                    #expect(try await api.shell("echo after the stop", in: sandbox) == "after the stop\n")

                    try await freezesBroker(for: .seconds(5), machine, sandbox, api)
                    try await cuts(network, for: .seconds(2), machine, sandbox, api)
                    try await api.finish(writer, in: sandbox)
                    try await api.client.deleteSandbox(sandbox.id)
                }
            }
        }
    }

    /// The clock of a machine may say what it likes.
    @Test(.enabled(if: UserMachine.canFakeTime, "needs the package faketime"))
    func aClockThatJumpsChangesNothing() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try machine.setClock("+0")
                try await api.bring(machine)
                let sandbox = try await api.sandbox(on: machine)
                let writer = try #require(try await api.start(SteadyWriter.body, in: sandbox)["id"] as? String)
                for jump in ["+26h", "-90d"] {
                    try machine.setClock(jump)
                    // Longer than there is between two beats.
                    let began = ContinuousClock.now
                    while began + .seconds(6) > .now {
                        #expect(try await api.shell("echo here", in: sandbox) == "here\n")
                        try await Task.sleep(for: .milliseconds(200))
                    }
                    #expect(try await api.agent(machine.name).state == .online)
                }
                try await api.finish(writer, in: sandbox)
                // One that starts with a wrong clock is let in as well.
                try machine.setClock("-400d")
                #expect(try await machine.end(SIGTERM) == .exited(0))
                try await machine.start()
                try await eventually("it works again") {
                    try await api.run(["command": "true"], in: sandbox)["exitCode"] as? Int == 0
                }
                try await api.client.deleteSandbox(sandbox.id)
            }
        }
    }

    /// A copy of an identity does no harm to the machine that has it.
    @Test func aCopyOfTheIdentityIsRefusedElsewhere() async throws {
        try await withAPI { api in
            try await withMachine { machine in
                try await api.bring(machine)
                let sandbox = try await api.sandbox(on: machine)
                try await withMachine("thief") { copy in
                    try copy.takeIdentity(of: machine)
                    try await copy.start()
                    try await eventually("it is told: \(copy.log)") {
                        (try? await copy.agent("status"))?.contains("conflict") ?? false
                    }
                    #expect(copy.log.contains("Another machine runs as this agent"), "\(copy.log)")
                    #expect(try await api.shell("pwd", in: sandbox) == "\(machine.root)\n")
                    #expect(try await copy.end(SIGTERM) == .exited(0))
                }
                #expect(try await api.agent(machine.name).state == .online)
                #expect(try await api.shell("pwd", in: sandbox) == "\(machine.root)\n")
                try await api.client.deleteSandbox(sandbox.id)
            }
        }
    }

    @Test func thirtyTwoMachinesAtOnce() async throws {
        try await withAPI { api in
            try await withMachines(32) { machines in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for machine in machines { group.addTask { try await machine.enroll(in: api.fleet) } }
                    try await group.waitForAll()
                }
                for machine in machines { try await machine.start() }
                try await eventually("all are online", within: .seconds(60)) {
                    var online = 0
                    for try await agent in api.client.agents(state: .online) where !agent.id.isEmpty { online += 1 }
                    return online == machines.count
                }
                let places = try await withThrowingTaskGroup(of: (String, String).self) { group in
                    for machine in machines {
                        group.addTask {
                            let sandbox = try await api.sandbox(on: machine)
                            let place = try await api.shell("pwd", in: sandbox)
                            try await api.client.deleteSandbox(sandbox.id)
                            return (machine.root + "\n", place)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(places.count == machines.count)
                for (wanted, place) in places { #expect(place == wanted) }
            }
        }
    }
}

extension MachineTroubleTests {
    /// An operation that is under way waits for the broker, and its end is the true one.
    private func freezesBroker(
        for duration: Duration,
        _ machine: UserMachine,
        _ sandbox: Sandbox,
        _ api: FleetAPI
    ) async throws {
        async let answer = api.run(["command": "touch begun; sleep 1; echo over; exit 4"], in: sandbox)
        try await machine.waitForFile("begun")
        let broker = try api.fleet.pid(of: "nats")
        kill(broker, SIGSTOP)
        try await Task.sleep(for: duration)
        kill(broker, SIGCONT)
        let body = try await answer
        #expect(body["exitCode"] as? Int == 4 && body["stdout"] as? String == "over\n", "\(body.body)")
    }

    /// Cut until the fleet has noticed, and for so much longer; who asks meanwhile waits.
    private func cuts(
        _ network: NetworkHost,
        for duration: Duration,
        _ machine: UserMachine,
        _ sandbox: Sandbox,
        _ api: FleetAPI
    ) async throws {
        try await network.cut()
        try await api.waitFor(machine, toBe: .reconnecting)
        async let answer = api.run(["command": "echo after the cut"], in: sandbox)
        try await Task.sleep(for: duration)
        try await network.heal()
        let body = try await answer
        #expect(body["stdout"] as? String == "after the cut\n", "\(body.body)")
        try await api.waitFor(machine, toBe: .online)
    }
}
