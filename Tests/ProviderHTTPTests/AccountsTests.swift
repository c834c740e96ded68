import DriverTesting
import Fleet
import FleetTesting
import Model
import NIOConcurrencyHelpers
import ProviderHTTP
import ProviderKit
import Testing

@Suite struct AccountsTests {
    private struct Account: ProviderAccount {
        let binding: Binding
        var token = ""
        var refused = NIOLockedValueBox<Set<String>>([])
        var isRefused: Bool { refused.withLockedValue { $0.contains(token) } }
    }

    private static let variables = [
        CredentialVariable("EXAMPLE_ACCOUNT", "whose it is"), CredentialVariable("EXAMPLE_TOKEN", "a token"),
    ]

    private func accounts(
        _ directory: String,
        _ log: LogRecorder,
        meetings: NIOLockedValueBox<Int> = NIOLockedValueBox(0),
        refused: NIOLockedValueBox<Set<String>> = NIOLockedValueBox([])
    ) async throws -> Accounts<Account> {
        let source = CredentialSource(directory: directory) { ["EXAMPLE_ACCOUNT": "fleet", "EXAMPLE_TOKEN": "fleets-token"] }
        return try await Accounts(of: "example", Self.variables, in: source, logger: log.logger) { found in
            try found.check(Self.variables)
            meetings.withLockedValue { $0 += 1 }
            return Account(
                binding: Binding(account: try found.require(Self.variables[0]).reveal(), baseURL: "http://api"),
                token: try found.require(Self.variables[1]).reveal(),
                refused: refused
            )
        }
    }

    private func write(_ account: String, _ token: String, _ workspace: WorkspaceID, in directory: String) throws {
        try WorkspaceCredentials(in: directory, of: "example")
            .write(["EXAMPLE_ACCOUNT": account, "EXAMPLE_TOKEN": token], workspace)
    }

    private func id() -> WorkspaceID {
        var generator = SystemRandomNumberGenerator()
        return WorkspaceID(at: 1, using: &generator)
    }

    @Test func eachHasItsOwnOrTheFleets() async throws {
        try await withTemporaryDirectory { directory in
            let (guest, plain, other) = (id(), id(), id())
            try write("guest", "guests-token", guest, in: directory)
            try write("guest", "guests-token", other, in: directory)
            let meetings = NIOLockedValueBox(0)
            let accounts = try await accounts(directory, LogRecorder(), meetings: meetings)
            #expect(try await accounts.account(of: guest).binding.account == "guest")
            #expect(try await accounts.account(of: plain).binding.account == "fleet")
            #expect(try await accounts.account(of: nil).binding.account == "fleet")
            _ = try await accounts.account(of: guest)
            #expect(meetings.withLockedValue { $0 } == 2, "the fleet's and the guest's, once each")
            // Whoever shares an account is asked once.
            #expect(await accounts.all().map(\.binding.account) == ["fleet", "guest"])
            #expect(await accounts.binding(ofAccount: "guest")?.account == "guest")
            #expect(await accounts.binding(ofAccount: "nobody") == nil)
        }
    }

    @Test func anEnvelopeFindsTheAccountThatItIsOf() async throws {
        try await withTemporaryDirectory { directory in
            let guest = id()
            try write("guest", "guests-token", guest, in: directory)
            let accounts = try await accounts(directory, LogRecorder())
            let envelope = Binding(account: "guest", baseURL: "http://api").envelope(provider: "example", box: "b")
            // Nobody has asked for it before.
            #expect(try await accounts.account(holding: envelope).binding.account == "guest")
            let elsewhere = Binding(account: "guest", baseURL: "http://other").envelope(provider: "example", box: "b")
            let error = await #expect(throws: DriverError.self) { _ = try await accounts.account(holding: elsewhere) }
            #expect(error?.kind == .unauthorized)
            // Credentials that were taken away are not used any more.
            try WorkspaceCredentials(in: directory, of: "example").remove(guest)
            await #expect(throws: DriverError.self) { _ = try await accounts.account(holding: envelope) }
            #expect(try await accounts.account(of: guest).binding.account == "fleet")
        }
    }

    @Test func ofSeveralCredentialsThoseThatAreNotRefusedAreUsed() async throws {
        try await withTemporaryDirectory { directory in
            let workspaces = [id(), id()].sorted()
            let refused = NIOLockedValueBox<Set<String>>([])
            let accounts = try await accounts(directory, LogRecorder(), refused: refused)
            for (name, workspace) in zip(["first", "second"], workspaces) {
                try write("guest", name, workspace, in: directory)
                _ = try await accounts.account(of: workspace)
            }
            let envelope = Binding(account: "guest", baseURL: "http://api").envelope(provider: "example", box: "b")
            #expect(try await accounts.account(holding: envelope).token == "first")
            refused.withLockedValue { $0 = ["first"] }
            #expect(try await accounts.account(holding: envelope).token == "second")
            #expect(await accounts.all().map(\.token) == ["fleets-token", "second"])
            // Whose all are refused is told so by the provider.
            refused.withLockedValue { $0 = ["first", "second"] }
            #expect(try await accounts.account(holding: envelope).token == "first")
            // As the fleet's own may be, while a workspace's reach the same.
            try write("fleet", "third", workspaces[1], in: directory)
            refused.withLockedValue { $0 = ["fleets-token"] }
            let own = Binding(account: "fleet", baseURL: "http://api").envelope(provider: "example", box: "b")
            #expect(try await accounts.account(holding: own).token == "third")
        }
    }

    @Test func oneThatCannotBeUsedDisturbsNobodyElse() async throws {
        try await withTemporaryDirectory { directory in
            let (broken, guest, log) = (id(), id(), LogRecorder())
            try write("", "a-brokens-token", broken, in: directory)
            try write("guest", "guests-token", guest, in: directory)
            let accounts = try await accounts(directory, log)
            let error = await #expect(throws: DriverError.self) { _ = try await accounts.account(of: broken) }
            #expect(error?.kind == .unauthorized)
            // A workspace is not told where its file lies, and nobody is told what is in it.
            #expect(error.map { !$0.message.contains(directory) } == true)
            #expect(log.text.contains("\(broken)") && !log.text.contains("a-brokens-token"))
            #expect(await accounts.all().map(\.binding.account) == ["fleet", "guest"])
            let gathered = try await accounts.gather("things") { account throws(DriverError) in
                guard account.binding.account != "guest" else { throw DriverError(.transient, "away") }
                return [account.binding.account]
            }
            #expect(gathered == ["fleet"])
            let failure = await #expect(throws: DriverError.self) {
                _ = try await accounts.gather("things") { _ throws(DriverError) -> [Int] in
                    throw DriverError(.transient, "away")
                }
            }
            #expect(failure?.kind == .transient, "the fleet's own account has to answer")
        }
    }

    /// A sweep does not take as long as all accounts together that hang.
    @Test func severalAreAskedSideBySideAndNotAllAtOnce() async throws {
        try await withTemporaryDirectory { directory in
            for number in 0..<30 { try write("guest-\(number)", "token", id(), in: directory) }
            let accounts = try await accounts(directory, LogRecorder())
            let counts = NIOLockedValueBox((now: 0, most: 0))
            let hasCompany = OneShot<Void>()
            let gathered = try await accounts.gather("things") { account throws(DriverError) in
                let most = counts.withLockedValue { counts in
                    counts.now += 1
                    counts.most = max(counts.most, counts.now)
                    return counts.most
                }
                // The first waits for another: one by one they would never come to an end.
                if most >= 2 { hasCompany.resolve(()) }
                await hasCompany.wait()
                counts.withLockedValue { $0.now -= 1 }
                return [account.binding.account]
            }
            #expect(gathered.count == 31 && gathered.first == "fleet")
            #expect(gathered == (await accounts.all().map(\.binding.account)))
            #expect((2...8).contains(counts.withLockedValue { $0.most }))
        }
    }
}
