import CurlTransport
import Foundation
import NIOCore
import Testing

@Suite(.serialized)
struct ProxyTests {
    @Test func anExplicitProxyIsAskedAndCarriesUpgrades() async throws {
        try await UpgradeServer.with { server in
            let port = try #require(URL(string: server.base)?.port)
            try await UpgradeServer.withProxy(to: port) { proxy in
                let address = proxy.replacing("http://", with: "http://me:secret@")
                let transport = try HTTPTransport(.init(proxy: .url(address)))
                let plain = HTTPTransportRequest(url: "http://fleet.invalid/x")
                let said = try JSONDecoder().decode([String: String].self, from: try await transport.send(plain).data())
                #expect(said["asked"] == "http://fleet.invalid/x")
                #expect(said["proxyAuthorization"] == "Basic bWU6c2VjcmV0")
                let request = HTTPTransportRequest(url: "ws://fleet.invalid:80/echo", headers: ["Upgrade": "tcp"])
                let stream = try await transport.upgrade(request).stream
                try await stream.write(ByteBuffer(string: "through"))
                #expect(String(buffer: try await stream.bytes(7)) == "through")
                // Loopback hosts are never asked for from a proxy.
                let near = try await transport.upgrade(server.request("/plain"), accepting: [200])
                #expect(near.status == 200)
                let without = try HTTPTransport(.init(proxy: .none))
                await expectError(.dns, delivered: false) { _ = try await without.send(plain) }
            }
        }
    }

    @Test func nothingSecretIsPrinted() {
        let configuration = HTTPTransport.Configuration(proxy: .url("http://me:secret@proxy"))
        let request = HTTPTransportRequest(
            url: "https://provider/box?token=secret",
            headers: ["Authorization": "Bearer secret"],
            body: .bytes(ByteBuffer(string: "secret"))
        )
        var text = "\(configuration) \(request) \(request.headers) \(request.headers.fields)"
        dump(configuration, to: &text)
        dump(request, to: &text)
        dump(request.headers, to: &text)
        debugPrint(configuration, request, request.headers, to: &text)
        #expect(!text.contains("secret"), "\(text)")
    }
}
