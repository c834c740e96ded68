import Fleet
import FleetTesting
import Foundation
import Testing

/// The verbs that speak with systemd, in a namespace in which it seems to run.
@Suite(.serialized, .enabled(if: Account.isRoot)) struct InstallTests {
    /// Notes what it is asked, and succeeds unless it is told not to.
    private static let systemctl = """
        #!/bin/sh
        echo "$*" >> "$RECORD"
        test "$FAIL" != "$1" -a "$FAIL" != "$2"
        """

    /// Runs lines of a shell where `/run` and the directory of units are this test's alone.
    private func inside(_ fixture: AgentFixture, _ script: String, fail: String = "-") async throws -> String {
        let bin = "\(fixture.folder)/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try TextFile.replace("\(bin)/systemctl", with: Self.systemctl)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(bin)/systemctl")
        let prelude = """
            set -e
            mount -t tmpfs none /run; mkdir -p /run/systemd/system
            mkdir -p /etc/systemd; mount -t tmpfs none /etc/systemd
            """
        var environment = fixture.environment
        environment["PATH"] = "\(bin):/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        environment["RECORD"] = "\(fixture.folder)/asked"
        environment["FAIL"] = fail
        environment["AGENT"] = try Products.path("agent")
        return try await Tool.run(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "/bin/sh", "-c", prelude + "\n" + script],
            environment: environment
        )
    }

    private func asked(_ fixture: AgentFixture) -> [Substring] {
        (TextFile.read("\(fixture.folder)/asked") ?? "").split(separator: "\n")
    }

    @Test func installingStartsTheUnitAndUninstallingRemovesIt() async throws {
        try await AgentFixture.with { fixture in
            let output = try await inside(
                fixture,
                """
                $AGENT install
                unit=/etc/systemd/system/sandfleet-agent.service
                cat $unit
                if command -v systemd-analyze >/dev/null; then systemd-analyze verify $unit 2>&1; fi
                echo "verified $?"
                cp -r "$SANDFLEET_AGENT_STATE" "$SANDFLEET_AGENT_STATE.kept"
                $AGENT uninstall --yes
                test ! -e $unit && echo "no unit"
                mv "$SANDFLEET_AGENT_STATE.kept" "$SANDFLEET_AGENT_STATE"
                """
            )
            #expect(output.contains("Started it, as tester"), "\(output)")
            #expect(output.contains("Environment=\"SANDFLEET_AGENT_STATE=\(fixture.state)\""), "\(output)")
            #expect(output.contains("verified 0") && !output.contains("Unknown"), "\(output)")
            #expect(output.contains("Removed /etc/systemd/system/sandfleet-agent.service"), "\(output)")
            #expect(output.contains("no unit"), "\(output)")
            #expect(
                asked(fixture) == [
                    "daemon-reload", "enable --now sandfleet-agent.service", "disable --now sandfleet-agent.service",
                    "daemon-reload",
                ]
            )
        }
    }

    /// A unit that does not come up is not said to run.
    @Test func aUnitThatDoesNotStartIsToldOf() async throws {
        try await AgentFixture.with { fixture in
            let output = try await inside(fixture, "$AGENT install || echo \"ended with $?\"", fail: "enable")
            #expect(output.contains("systemd did not start the unit") && output.contains("ended with 71"), "\(output)")
        }
    }

    /// A unit of another agent on the same machine is not removed.
    @Test func anothersUnitStays() async throws {
        try await AgentFixture.with { fixture in
            let output = try await inside(
                fixture,
                """
                $AGENT install
                cp -r "$SANDFLEET_AGENT_STATE" "$SANDFLEET_AGENT_STATE-2"
                SANDFLEET_AGENT_STATE="$SANDFLEET_AGENT_STATE-2" $AGENT uninstall --yes
                test -e /etc/systemd/system/sandfleet-agent.service && echo "unit stays"
                """
            )
            #expect(output.contains("unit stays"), "\(output)")
            #expect(!asked(fixture).contains { $0.hasPrefix("disable") })
        }
    }
}
