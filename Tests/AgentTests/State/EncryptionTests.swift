import Testing

@testable import Agent

@Suite struct EncryptionTests {
    @Test(arguments: ["tls://bus.example.com:4222", "nats://127.0.0.1:4222", "nats://user:secret@localhost", "nats://[::1]:4222"])
    func whatNobodyCanListenToIsSpokenTo(url: String) {
        #expect(throws: Never.self) { try Encryption.require(of: url, scheme: "tls") }
    }

    @Test(arguments: ["nats://bus.example.com:4222", "nats://127.0.0.1.example.com", "nats://localhost@bus.example.com", "bus:4222"])
    func whatOthersCanListenToIsNot(url: String) {
        #expect(throws: AgentError.self) { try Encryption.require(of: url, scheme: "tls") }
    }
}
