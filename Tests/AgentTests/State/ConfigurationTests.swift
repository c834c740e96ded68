import Testing

@testable import Agent

@Suite struct ConfigurationTests {
    private func parse(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration.parse(Array(text.utf8), file: "agent.json")
    }

    @Test func whatIsNotSaidHasADefault() throws {
        let configuration = try parse(#"{"root": "/srv/work"}"#)
        #expect(configuration == AgentConfiguration(root: "/srv/work"))
        #expect(configuration.maximumProcesses == 64)
        #expect(configuration.environment == ["PATH", "LANG"])
    }

    @Test func everythingCanBeSaid() throws {
        let configuration = try parse(
            """
            {"root": "/r", "user": "ada", "allow": {"exec": false, "files": true, "network": false}, "environment": ["A"],
             "isolation": "bubblewrap", "maximumProcesses": 0, "maximumOperations": 1, "memoryMb": 2, "spoolMb": 3,
             "log": {"path": "/l"}}
            """
        )
        var expected = AgentConfiguration(root: "/r")
        expected.user = "ada"
        expected.allowsExec = false
        expected.allowsNetwork = false
        expected.environment = ["A"]
        expected.isolation = .bubblewrap
        (expected.maximumProcesses, expected.maximumOperations, expected.memoryMb, expected.spoolMb) = (0, 1, 2, 3)
        expected.logPath = "/l"
        #expect(configuration == expected)
    }

    /// Each says the key and what would be right.
    @Test(arguments: [
        (#"{}"#, "`root` in agent.json is missing"),
        (#"{"root": "work"}"#, "`root` in agent.json must be an absolute path, not \"work\""),
        (#"{"root": "/r", "rot": 1}"#, "`rot` in agent.json is no key that exists"),
        (#"{"root": "/r", "maximumProcesses": "many"}"#, "must be a whole number from 0 to 4096, not \"many\""),
        (#"{"root": "/r", "maximumOperations": 0}"#, "`maximumOperations` in agent.json must be a whole number from 1"),
        (#"{"root": "/r", "spoolMb": 1.5}"#, "`spoolMb`"),
        (#"{"root": "/r", "allow": {"exec": "yes"}}"#, "`allow.exec` in agent.json must be true or false, not \"yes\""),
        (#"{"root": "/r", "allow": {"shell": true}}"#, "`allow.shell` in agent.json is no key that exists"),
        (#"{"root": "/r", "allow": {"network": false}}"#, "`allow.network` in agent.json is false, which only"),
        (#"{"root": "/r", "isolation": "jail"}"#, "must be \"none\" or \"bubblewrap\", not \"jail\""),
        (#"{"root": "/r", "environment": "PATH"}"#, "`environment`"),
        ("{\"root\": \"/r\",\n \"log\": }", "line 2: a value is expected here"),
    ])
    func mistakesAreNamed(_ text: String, _ message: String) throws {
        let error = try #require(throws: AgentError.self) { try parse(text) }
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.kind == .usage)
    }
}
