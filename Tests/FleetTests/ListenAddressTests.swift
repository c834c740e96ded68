import Fleet
import Testing

struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:7070", "127.0.0.1:7070", "http://127.0.0.1:7070"),
        ("8080", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        (":8080", "0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::1]:9", "[::1]:9", "http://[::1]:9"),
        ("[::]:9", "[::]:9", "http://[::1]:9"),
        ("localhost:0", "localhost:0", "http://localhost:0"),
    ])
    func understands(text: String, address: String, url: String) throws {
        let parsed = try ListenAddress(text)
        #expect(parsed.description == address)
        #expect(parsed.url == url)
    }

    @Test(arguments: ["", "host", "host:", "host:70000", "::1:80", "a:b"])
    func refuses(text: String) {
        #expect(throws: FleetError.self) { try ListenAddress(text) }
    }

    @Test func zeroBecomesAFreePort() throws {
        let claimed = try ListenAddress("127.0.0.1:0").claimed()
        #expect(claimed.port != 0)
        #expect(try claimed.claimed() == claimed)
    }
}
