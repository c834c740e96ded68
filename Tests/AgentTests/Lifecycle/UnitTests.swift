import Testing

@testable import Agent

@Suite struct UnitTests {
    /// What sandboxes run outlives the agent, and an agent that is not wanted is not started again.
    @Test func theUnitKeepsKeepersAndGivesUpForGood() {
        let unit = Systemd(isSystem: true).unit(program: "/opt/agent", environment: [("SANDFLEET_AGENT_STATE", "/s")])
        let lines = unit.split(separator: "\n")
        #expect(lines.contains("ExecStart=\"/opt/agent\" run"))
        #expect(lines.contains("KillMode=process"))
        #expect(lines.contains("RestartPreventExitStatus=78 77 64 73"))
        #expect(lines.contains("Environment=\"SANDFLEET_AGENT_STATE=/s\""))
        #expect(lines.last == "WantedBy=multi-user.target")
        #expect(Systemd(isSystem: false).unit(program: "/a", environment: []).contains("WantedBy=default.target"))
    }

    /// What systemd reads is what was meant, whatever the paths hold.
    @Test func theUnitQuotesWhatSystemdWouldRead() {
        let unit = Systemd(isSystem: false)
            .unit(
                program: #"/home/a b/50%/$x/q"\agent"#,
                environment: [("SANDFLEET_AGENT_STATE", #"/s "t" 5% $HOME\"# + "\n")]
            )
        let lines = unit.split(separator: "\n")
        #expect(lines.contains(#"ExecStart="/home/a b/50%%/$$x/q\"\\agent" run"#))
        #expect(lines.contains(#"Environment="SANDFLEET_AGENT_STATE=/s \"t\" 5%% $HOME\\\n""#))
    }

    @Test func wordsAreUnderstoodOrNamed() throws {
        let words = try Words(["--a", "1", "--b=2", "--c"], verb: "x", options: ["--a", "--b"], flags: ["--c"])
        #expect(words["--a"] == "1" && words["--b"] == "2" && words.has("--c"))
        for wrong in [["--a"], ["--d"], ["word"], ["--c=1"]] {
            let error = try #require(throws: AgentError.self) {
                try Words(wrong, verb: "x", options: ["--a"], flags: ["--c"])
            }
            #expect(error.kind == .usage)
        }
    }
}
