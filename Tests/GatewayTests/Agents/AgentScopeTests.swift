import Bus
import Fleet
import FleetTesting
import FoundationEssentials
import Model
import NATSClient
import NATSIdentity
import NIOCore
import Testing

@testable import Gateway

/// What the server itself allows an agent, whose key and JWT are the agent's own.
@Suite("Agents' permissions", .timeLimit(.minutes(2)))
struct AgentScopeTests {
    @Test func anAgentIsConfinedToItsOwnSubjects() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let neighbour = TestAgent(workspace: fixture.workspace)
            let stranger = TestAgent(workspace: fixture.otherWorkspace)
            var former = agent
            former.instance = ID.new()
            // Their workspaces' keys exist as well.
            _ = try await fixture.credentials(neighbour)
            _ = try await fixture.credentials(stranger)
            let connection = try await fixture.connect(agent, fixture.credentials(agent))
            let worker = try await fixture.connect(as: .worker)

            // Its own subjects work, both ways.
            let beats = try worker.messages(subject: Subject.anyBeat, delivery: .lossless)
            try await worker.flush()
            let serving = try connection.subscribe(subject: agent.rpc) { message in
                guard let reply = message.reply else { return }
                // One answer is allowed, and not two.
                for text in ["first", "second"] {
                    try? connection.publish(subject: reply, payload: ByteBuffer(string: text))
                }
            }
            try await connection.flush()
            let events = connection.events
            try connection.publish(subject: agent.beat, payload: ByteBuffer(string: "beat"))
            for await beat in beats {
                #expect(beat.subject == agent.beat)
                break
            }
            let reply = try await worker.request(subject: agent.rpc, timeout: .seconds(5))
            #expect(String(buffer: reply.payload) == "first")
            let second = try #require(await violation(in: events))
            #expect(second.operation == .publish && second.subject == reply.subject)

            let forbiddenToHear = [
                ">", "agent.>", Subject.anyAgent, Subject.anyBeat, neighbour.rpc, stranger.rpc, former.rpc, agent.beat,
                "agent.\(agent.workspace).\(agent.id).*.rpc", "sandbox.>", Subject.anySandbox, "provider.>",
                "worker.>", "tunnel.>", "output.>", "event.>", "ended.>", "$JS.>", "$SYS.>", "$SRV.>", "_INBOX.>",
                "_INBOX.worker.>", "_INBOX.agent.>", "_INBOX.agent.\(agent.workspace).>",
                "_INBOX.agent.\(neighbour.workspace).\(neighbour.id).>", "_R_.>", "*",
            ]
            for subject in forbiddenToHear {
                let subscription = try connection.subscribe(subject: subject) { _ in }
                let found = try #require(await violation(in: events))
                #expect(found.operation == .subscribe && found.subject == subject)
                subscription.unsubscribe()
            }
            let forbiddenToSay = [
                agent.rpc, neighbour.rpc, neighbour.beat, stranger.beat, "agent.\(agent.workspace).\(agent.id).x.beat",
                "sandbox.w.s.rpc", "provider.local.acquire", "worker.w.rpc", "tunnel.w.c.up", "output.w.s.p",
                "event.w.k.i", "ended.w.p", "$JS.API.INFO", "$JS.API.STREAM.INFO.OUTPUT", "$SYS.REQ.SERVER.PING",
                "$SYS.REQ.CLAIMS.UPDATE", "$SRV.PING", "_INBOX.worker.x.1", "_INBOX.gateway.x.1",
                "_INBOX.agent.\(neighbour.workspace).\(neighbour.id).1", reply.subject,
            ]
            for subject in forbiddenToSay {
                try connection.publish(subject: subject, reply: "\(subject).reply")
                let found = try #require(await violation(in: events))
                #expect(found.operation == .publish && found.subject == subject)
            }
            serving.unsubscribe()
            beats.unsubscribe()
            await connection.close()
            await worker.close()
        }
    }

    /// The template is the only word: claims that say more are refused whole, and another's key cannot sign.
    @Test func aTokenCannotSayMoreThanItsKey() async throws {
        try await AuthorityFixture.with { fixture in
            let agent = TestAgent(workspace: fixture.workspace)
            let everything = UserPermissions(
                publish: SubjectLists(allow: [">"]),
                subscribe: SubjectLists(allow: [">"])
            )
            func token(_ permissions: UserPermissions, account: String?) -> NATSToken<UserClaims> {
                NATSToken(
                    subject: agent.key.publicKey,
                    name: agent.id.rawValue,
                    issuedAt: Int64(Date().timeIntervalSince1970),
                    claims: UserClaims(
                        permissions: permissions,
                        issuerAccount: account,
                        tags: [AgentScope.instanceTag(agent.instance)]
                    )
                )
            }
            let account = fixture.nats.keys.account.text
            let key = try await fixture.authority.signingKey(fixture.workspace)
            let good = token(.unsaid, account: account)
            let text = try good.signed(by: key)
            // The server answers a push before all of it has heard of the new key.
            try await eventually("the key is known") {
                do {
                    try await fixture.connect(agent, text).close()
                    return true
                } catch is NATSError {
                    return false
                }
            }
            let texts = [
                try token(everything, account: account).signed(by: key),
                try good.signed(by: .generate(.account)),
                try token(.unsaid, account: nil).signed(by: key),
            ]
            for text in texts {
                await #expect(throws: NATSError.self) { try await fixture.connect(agent, text).close() }
            }
        }
    }

    private func violation(in events: AsyncStream<NATSEvent>) async -> NATSPermissionViolation? {
        for await event in events {
            if case .permissionViolation(let violation) = event { return violation }
        }
        return nil
    }
}
