import CurlTransport
import NIOCore
import ProviderKit

/// Asks what listens at an address for its first page.
struct PortProbe {
    private let address: PortAddress

    init(_ address: PortAddress) {
        self.address = address
    }

    /// Asks again while nobody listens yet.
    func read() async throws -> String {
        let transport = try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
        var request = HTTPTransportRequest(method: "GET", url: address.url + "/", deadline: .seconds(20))
        for (name, value) in address.headers { request.headers[name] = value }
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                let answer = try await transport.send(request)
                let body = try await answer.collect(upTo: 65_536)
                if answer.status == 200 { return String(buffer: body) }
                try require(ContinuousClock.now < deadline, "\(request.url) answers \(answer.status)")
            } catch let error as HTTPTransportError {
                try require(ContinuousClock.now < deadline, "\(request.url): \(error)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
