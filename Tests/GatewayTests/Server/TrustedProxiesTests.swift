import ServiceHost
import Testing

@testable import Gateway

struct TrustedProxiesTests {
    @Test func onlyATrustedProxyIsBelieved() throws {
        let proxies = try TrustedProxies(["10.0.0.0/8", "192.0.2.7", "fd00::/8"])
        let cases: [(peer: String, forwarded: [String], client: String)] = [
            // Whoever comes straight to us may say what it likes.
            ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
            ("10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
            ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
            // What the asker has put there itself stands before what the proxy has added.
            ("10.1.2.3", ["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
            ("10.1.2.3", ["127.0.0.1", "203.0.113.9 ,192.0.2.7"], "203.0.113.9"),
            // Nonsense ends it; a proxy that says nothing is who asks.
            ("10.1.2.3", ["unknown"], "10.1.2.3"),
            ("10.1.2.3", [], "10.1.2.3"),
            ("10.1.2.3", ["10.9.9.9"], "10.9.9.9"),
            ("192.0.2.8", ["203.0.113.9"], "192.0.2.8"),
        ]
        for one in cases {
            #expect(proxies.client(peer: one.peer, forwarded: one.forwarded) == one.client, "\(one)")
        }
        #expect(TrustedProxies().client(peer: "10.1.2.3", forwarded: ["203.0.113.9"]) == "10.1.2.3")
    }

    @Test(arguments: ["proxy.example.com", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.1/x"])
    func whatIsNoNetworkIsRefused(_ word: String) {
        #expect(throws: ServiceHostError.self) { try TrustedProxies([word]) }
    }
}
