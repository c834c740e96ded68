import Fleet
import FleetTesting
import Foundation
import Glibc
import Model
import Testing
import Wire

/// What bubblewrap keeps programs from.
@Suite(.serialized) struct IsolationTests {
    @Test func isolatedProgramsSeeTheRootAndTheSystemAlone() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "isolation": "bubblewrap"}"#) { fixture in
            let first = try await fixture.start()
            var caller = AgentCaller(client: fixture.client, subject: first.subject)
            let opened = try await caller.open()
            let script = """
                echo data > inside && cat inside
                (echo x > /usr/outside) 2>/dev/null && echo wrote-system
                (echo x > \(fixture.folder)/outside) 2>/dev/null; test -e \(fixture.folder)/config && echo saw-configuration
                ls /home /root 2>/dev/null
                kill -0 \(getpid()) 2>/dev/null && echo saw-process
                echo done
                """
            try await caller.start("look", "/bin/sh", "-c", script)
            let look = try await caller.collect("look")
            #expect(String(decoding: look.stdout, as: UTF8.self) == "data\ndone\n")
            let isOutside = access("\(fixture.folder)/outside", F_OK) == 0
            #expect(!isOutside)
            #expect(TextFile.read("\(fixture.root)/box/inside") == "data\n")
            // It outlives the agent as any other.
            try await caller.start("sleeper", "sleep", "100")
            first.process.signal(SIGKILL)
            _ = try await first.process.ended()
            try await fixture.withRun(after: [first.instance.rawValue]) { run in
                caller = AgentCaller(client: fixture.client, subject: run.subject)
                let again = try await caller.open()
                #expect(again.keeperID == opened.keeperID)
                #expect(try await caller.ask { $0.processes = WireAgentProcesses() }.processes.processes.count { $0.running } == 1)
                _ = try await caller.ask { $0.close.graceMs = 100 }
            }
        }
    }

    /// Each line names what it got through to; nothing is said of what was refused.
    private static let attempts = """
        for directory in /usr /bin /sbin /lib /lib64 /etc /opt /sys /usr/bin /etc/ssh /proc/sys/kernel; do
            test -e $directory || continue
            (: > $directory/sandfleet-was-here) 2>/dev/null && echo "wrote into $directory"
        done
        ls /run /tmp /var/tmp | grep -v -e "^/" -e "^$" -e "^resolv" -e "^systemd$" -e "$VISIBLE" -e "$PROGRAMS"
        test -w /proc/sys/kernel/core_pattern && echo "may set the core pattern"
        mount -o remount,bind,rw /usr 2>/dev/null && echo "made /usr writable"
        mount -t tmpfs none /usr 2>/dev/null && echo "mounted over /usr"
        umount /usr 2>/dev/null && echo "took /usr away"
        grep -q "^CapEff:[[:space:]]*0*$" /proc/self/status || echo "has capabilities"
        test -e /dev/kmsg && echo "sees devices"
        for home in /root /home/* "$OUTSIDE"; do
            test -e "$home" && echo "sees $home"
        done
        test "$(ls /proc | grep -c '^[0-9]')" -lt 10 || echo "sees the processes of others"
        for space in pid ipc uts mnt; do
            test "$(readlink /proc/self/ns/$space)" != "$(eval echo \\$HOST_$space)" || echo "shares $space"
        done
        pwd > place && cat place && echo "$HOME"
        """

    @Test func systemDirectoriesAreReadOnlyAndNamespacesAreItsOwn() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "isolation": "bubblewrap"}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                let outside = "\(fixture.folder)/outside"
                mkdir(outside, 0o777)
                // The first name below a shared folder that leads to the root.
                let visible = fixture.root.split(separator: "/").dropFirst().first.map(String.init) ?? fixture.root
                // The keeper's program is there at its own path, wherever that is.
                let programs = CommandLine.arguments[0].split(separator: "/").dropFirst().first.map(String.init) ?? visible
                var environment = ["OUTSIDE": outside, "VISIBLE": visible, "PROGRAMS": programs]
                for space in ["pid", "ipc", "uts", "mnt"] {
                    environment["HOST_\(space)"] = try await Tool.run("/bin/readlink", ["/proc/self/ns/\(space)"]).trimmed
                }
                let opened = try await caller.open(env: environment)
                try await caller.start("attempts", "/bin/sh", "-c", Self.attempts)
                let attempts = try await caller.collect("attempts")
                let place = opened.directory
                #expect(String(decoding: attempts.stdout, as: UTF8.self) == "\(place)\n\(place)\n")
                // At its own path, and the same file.
                #expect(place == fixture.root + "/box" && TextFile.read(place + "/place") == place + "\n")
                #expect(access("/usr/sandfleet-was-here", F_OK) != 0)
            }
        }
    }

    /// Bubblewrap itself, and its loader, are not confined yet.
    @Test func variablesOfASandboxMeanNothingBeforeItIsConfined() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "isolation": "bubblewrap"}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                let trace = "\(fixture.root)/trace"
                // What a loader is told in the clear it does: this one would write down all that it does.
                _ = try await caller.open(env: ["LD_DEBUG": "files", "LD_DEBUG_OUTPUT": trace, "PLAIN": "text"])
                let written = try FileManager.default.contentsOfDirectory(atPath: fixture.root)
                #expect(!written.contains { $0.hasPrefix("trace") })
                try await caller.start("look", "/bin/sh", "-c", "printf %s \"$PLAIN\"")
                #expect(try await caller.collect("look").stdout == Array("text".utf8))
                // A program of its own is told.
                #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.root).contains { $0.hasPrefix("trace") })
            }
        }
    }

    /// Semaphores and message queues of the machine are other ones, and so are processes to signal.
    @Test func nobodyOutsideIsReached() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "isolation": "bubblewrap"}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                try await caller.start("signal", "/bin/sh", "-c", "kill -0 \(getpid()) || kill -0 \(run.process.pid)")
                #expect(try await caller.collect("signal").exit.code != 0)
                // Whatever it can name, the machine goes on.
                try await caller.start("everybody", "/bin/sh", "-c", "trap '' TERM; kill -TERM -1; echo alive")
                #expect(try await caller.collect("everybody").stdout == Array("alive\n".utf8))
                #expect(run.process.exit.value == nil)
            }
        }
    }

    /// Commands without files, and files without commands.
    @Test(arguments: [true, false]) func whatIsNotAllowedNamesItsSetting(_ allowsFiles: Bool) async throws {
        let allow = #""allow": {"exec": \#(!allowsFiles), "files": \#(allowsFiles)}"#
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "isolation": "bubblewrap", \#(allow)}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                if allowsFiles {
                    _ = try await caller.ask { $0.makeDirectory.path = "made" }
                    let fault = try await caller.refusal {
                        $0.start.processID = "made"
                        $0.start.arguments = ["true"]
                    }
                    #expect(fault.code == .agentDenied && fault.details["setting"] == "allow.exec")
                    return
                }
                try await caller.start("made", "mkdir", "made")
                #expect(try await caller.collect("made").exit.code == 0)
                let refused: [(inout WireAgentRequest) -> Void] = [
                    { $0.stat.path = "made" }, { $0.list.path = "." }, { $0.openRead.path = "made" },
                    { $0.openWrite.path = "made" }, { $0.makeDirectory.path = "other" }, { $0.remove.path = "made" },
                ]
                for operation in refused {
                    let fault = try await caller.refusal(operation)
                    #expect(fault.code == .agentDenied && fault.details["setting"] == "allow.files")
                }
                #expect(access(fixture.root + "/box/made", F_OK) == 0)
            }
        }
    }
}
