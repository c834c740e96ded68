import Fleet
import FleetTesting
import FoundationEssentials
import Glibc
import Testing

/// An `up` that does not come up, and what it says.
struct Refusal {
    let status: WaitStatus
    let message: String

    init(data: String, executables: String?, listen: String = "127.0.0.1:0") async throws {
        var options = TestFleet.Options()
        options.listen = listen
        self = try await withTemporaryDirectory { folder in
            options.executables = try executables ?? StandIns("\(folder)/services").folder
            return try await withUp(data: data, options, log: "\(folder)/up.log", waitsForPlace: false) { fleet in
                Refusal(status: try await fleet.supervisor.ended(), message: fleet.output)
            }
        }
    }

    private init(status: WaitStatus, message: String) {
        self.status = status
        self.message = message
    }
}

@Suite(.timeLimit(.minutes(2)))
struct RefusalTests {
    @Test func takenPort() async throws {
        try await withNATS(jetStream: false) { server in
            try await withTemporaryDirectory { folder in
                let refusal = try await Refusal(
                    data: "\(folder)/fleet",
                    executables: nil,
                    listen: "127.0.0.1:\(server.port)"
                )
                #expect(refusal.status == .exited(1))
                #expect(refusal.message.contains("Port \(server.port) on 127.0.0.1 is in use"))
            }
        }
    }

    @Test func missingServices() async throws {
        try await withTemporaryDirectory { folder in
            let refusal = try await Refusal(data: "\(folder)/fleet", executables: folder)
            #expect(refusal.status == .exited(1))
            #expect(refusal.message.contains("Not found in \(folder): gateway, worker, reaper, boxd"))
            #expect(access("\(folder)/fleet", F_OK) != 0)
        }
    }

    @Test func serviceThatDoesNotComeUp() async throws {
        try await withTemporaryDirectory { folder in
            let broken = "#!/bin/sh\necho 'the reason why' >&2\nexit 3\n"
            let services = try StandIns("\(folder)/services", gateway: broken)
            let refusal = try await Refusal(data: "\(folder)/fleet", executables: services.folder)
            #expect(refusal.status == .exited(1))
            #expect(refusal.message.contains("gateway ended with exit code 3 before it was ready"))
            #expect(refusal.message.contains("the reason why"))
            try await Remains(data: "\(folder)/fleet", fleet: nil).vanish(within: .zero)
        }
    }

    @Test(.enabled(if: Account.isRoot)) func dataOfAnotherUser() async throws {
        try await withTemporaryDirectory { folder in
            let nobody = try #require(Account.named("nobody"))
            try FileManager.default.createDirectory(atPath: "\(folder)/fleet", withIntermediateDirectories: true)
            chown("\(folder)/fleet", nobody.user, nobody.group)
            let refusal = try await Refusal(data: "\(folder)/fleet", executables: nil)
            #expect(refusal.status == .exited(1))
            #expect(refusal.message.contains("belongs to another user"))
        }
    }
}
