import Fleet
import FleetTesting
import Glibc
import Model
import Testing
import Wire

/// What cannot be killed: a frozen process takes no signal before it is thawed.
@Suite(.serialized, .enabled(if: FrozenProcess.canBeMade, "needs root and the freezer of cgroup v1"))
struct SurvivorTests {
    @Test func whatCannotBeKilledIsNotSaidToHaveEnded() async throws {
        try await AgentFixture.with { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("stuck", "/bin/sh", "-c", "echo $$; exec sleep 1000")
                let line = try #require(try await caller.pull("stuck", stdout: 0).pieces.first?.bytes)
                let pid = try #require(Int32(String(decoding: line, as: UTF8.self).trimmed))
                let frozen = try FrozenProcess(pid)
                defer { frozen.thaw() }
                async let kill = caller.refusal { $0.kill.processID = "stuck" }
                async let close = caller.refusal { $0.close.graceMs = 100 }
                for fault in try await [kill, close] {
                    #expect(fault.code == .providerFailed && fault.details["reason"] == "survivors", "\(fault)")
                }
                // Nobody has lost sight of it.
                let listed = try await caller.ask { $0.processes = WireAgentProcesses() }.processes.processes
                #expect(listed.map(\.processID) == ["stuck"] && listed.allSatisfy(\.running))
                frozen.thaw()
                try await eventually("it ends once it can") {
                    (try? await caller.ask { $0.close.graceMs = 100 }) != nil
                }
                #expect(try await caller.refusal { $0.processes = WireAgentProcesses() }.code == .sandboxNotActive)
            }
        }
    }

    /// Neither is an agent uninstalled over it, nor is its record needed to find what runs.
    @Test func uninstallingTellsWhatIsLeftAndNeedsNoRecord() async throws {
        try await AgentFixture.with { fixture in
            let pid = try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("stuck", "/bin/sh", "-c", "echo $$; exec sleep 1000")
                let line = try #require(try await caller.pull("stuck", stdout: 0).pieces.first?.bytes)
                return try #require(Int32(String(decoding: line, as: UTF8.self).trimmed))
            }
            let frozen = try FrozenProcess(pid)
            defer { frozen.thaw() }
            let left = await #expect(throws: FixtureError.self) { try await fixture.run("uninstall", "--yes") }
            #expect("\(String(describing: left))".contains("could not be killed: "), "\(String(describing: left))")
            #expect("\(String(describing: left))".contains("\(pid)"))
            #expect(access("\(fixture.state)/identity.json", F_OK) == 0)
            frozen.thaw()
            // Damaged, its record says nothing any more; what runs is found all the same.
            let record = "\(fixture.state)/sandboxes/01jc0000000000000000000sbx/record.json"
            #expect(access(record, F_OK) == 0)
            try TextFile.replace(record, with: "{")
            #expect(try await fixture.run("uninstall", "--yes").contains("Removed \(fixture.state)"))
            // Its remains are the host's first process's to reap.
            #expect(ProcessIdentity(pid: pid) == nil)
            // For the fixture, which uninstalls it too.
            try await fixture.enroll()
        }
    }
}

/// A process that the kernel lets take no signal.
private struct FrozenProcess {
    private static let root = "/sys/fs/cgroup/freezer"

    static var canBeMade: Bool { geteuid() == 0 && access("\(root)/cgroup.procs", W_OK) == 0 }

    private let folder: String

    init(_ pid: Int32) throws {
        folder = "\(Self.root)/sandfleet-test-\(pid)"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw FixtureError("\(folder) cannot be made") }
        guard write("\(pid)", to: "cgroup.procs"), write("FROZEN", to: "freezer.state") else {
            throw FixtureError("\(pid) cannot be frozen")
        }
    }

    /// Done again it is done.
    func thaw() {
        _ = write("THAWED", to: "freezer.state")
        // Which fails while something is in it that has not ended yet; then it stays, and hurts nobody.
        rmdir(folder)
    }

    private func write(_ text: String, to file: String) -> Bool {
        let descriptor = open("\(folder)/\(file)", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count
    }
}
