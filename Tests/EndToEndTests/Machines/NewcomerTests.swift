import Fleet
import FleetTesting
import Foundation
import SandfleetClient
import Testing

/// What a newcomer does who follows `docs/self-hosted.md` on a host of its own, with the two programs and nothing else.
@Suite(.serialized, .enabled(if: Account.isRoot)) struct NewcomerTests {
    /// The machine dials out; nothing on it can be dialled.
    @Test func aMachineOnAnotherHostDialsOutOnly() async throws {
        try await withNetworkHost { network in
            try await withAPI(network: network) { api in
                try await withMachine(network: network) { machine in
                    try await machine.enroll(in: api.fleet, labels: ["site": "attic"])
                    #expect(try await machine.agentFails("status") == 75)
                    try await machine.start()
                    try await api.waitFor(machine, toBe: .online)
                    let second = try await machine.secondRun()
                    #expect(second.status == .exited(73))
                    #expect(second.output.contains("\(try machine.pid)"), "\(second.output)")
                    let status = try await machine.agent("status")
                    #expect(status.contains("online") && status.contains(network.hostAddress), "\(status)")

                    #expect(try await api.fleet.cli("agents").contains("workshop"))
                    let id = try await api.fleet.cli(
                        "create",
                        "--provider",
                        "selfhosted",
                        "--agent",
                        "site=attic",
                        "--name",
                        "there",
                        "--directory",
                        "there"
                    )
                    let hosts = try await api.fleet.cli("exec", "there", "--", "/bin/sh", "-c", "ip -br addr; pwd")
                    #expect(hosts.contains(network.address) && hosts.hasSuffix("\(machine.root)/there"), "\(hosts)")
                    try TextFile.replace("\(machine.folder)/here.txt", with: "some text\n")
                    try await api.fleet.cli("cp", "\(machine.folder)/here.txt", "there:given.txt")
                    try await api.fleet.cli("cp", "there:given.txt", "\(machine.folder)/back.txt")
                    #expect(TextFile.read("\(machine.folder)/back.txt") == "some text\n")
                    let script = "echo begun; sleep 0.5; echo over"
                    let process = try await api.fleet.cli("exec", "--detach", "there", "--", "/bin/sh", "-c", script)
                    #expect(try await api.fleet.cli("logs", "-f", process) == "begun\nover")
                    // While all this works, there is no door at all on this host.
                    #expect(try await network.listeners().isEmpty)

                    #expect(try await api.fleet.cli("stop", "there").contains("shutdown"))
                    #expect(try await api.fleet.cli("rm", "there") == id)
                    #expect(TextFile.read("\(machine.root)/there/given.txt") == "some text\n")
                    let log = try await machine.agent("logs", "-n", "100")
                    for operation in ["open", "start", "write", "close"] {
                        #expect(log.contains("\"operation\":\"\(operation)\""), "\(log)")
                    }
                    let removed = try await machine.agent("uninstall", "--yes")
                    #expect(removed.contains("sandfleet agents delete"), "\(removed)")
                    #expect(!FileManager.default.fileExists(atPath: machine.state))
                    try await api.fleet.cli("agents", "delete", "workshop")
                    #expect(try await !api.fleet.cli("agents").contains("workshop"))
                }
            }
        }
    }
}
