import CurlTransport
import Model
import NIOCore

/// What the gateway answered instead of what was asked for.
struct GatewayRefusal: Error, CustomStringConvertible {
    var status: Int
    /// Nil for a word that this version does not know, and for what is no answer of a gateway.
    var code: FaultCode?
    var message: String
    var retryAfter: Int?

    var description: String { message }
}

/// Asks the gateway over HTTPS.
///
/// The library and its connections are there only while somebody asks, which is once in minutes.
struct GatewayClient: Sendable {
    private static let answerLimit = 256 << 10

    let url: String

    /// - Parameter url: As the user gave it.
    init(url: String) throws(AgentError) {
        var url = url[...]
        while url.hasSuffix("/") { url = url.dropLast() }
        let rest = url.drop { $0 != ":" }
        guard rest.hasPrefix("://"), rest.count > 3 else {
            throw AgentError(
                .usage,
                "`\(url)` is no address of a gateway.",
                advice: "One looks like https://fleet.example.com"
            )
        }
        switch url.prefix(while: { $0 != ":" }) {
        case "https": break
        case "http": try Encryption.require(of: String(url), scheme: "https")
        default: throw AgentError(.usage, "`\(url)` must begin with https://")
        }
        self.url = String(url)
    }

    func post(_ path: String, _ body: JSON) async throws -> (json: JSON, date: Int64?) {
        let transport = try HTTPTransport(
            .init(authorityFile: Environment.value("SANDFLEET_AGENT_CA_FILE"), idleConnections: 1)
        )
        let outcome: Result<(JSON, Int64?), any Error>
        do {
            outcome = .success(try await exchange(transport, path, body))
        } catch {
            outcome = .failure(error)
        }
        await transport.shutdown()
        return try outcome.get()
    }

    private func exchange(_ transport: HTTPTransport, _ path: String, _ body: JSON) async throws -> (JSON, Int64?) {
        let request = HTTPTransportRequest(
            method: "POST",
            url: url + path,
            headers: [
                "Content-Type": "application/json", "Accept": "application/json",
                "User-Agent": "sandfleet-agent/\(AgentVersion.program)",
            ],
            body: .bytes(ByteBuffer(string: body.text)),
            deadline: .seconds(20)
        )
        let response = try await transport.send(request)
        let bytes = try await response.collect(upTo: Self.answerLimit)
        let json = try? JSON(bytes.readableBytesView)
        guard (200..<300).contains(response.status), let json else {
            let text = json?["detail"]?.string
            throw GatewayRefusal(
                status: response.status,
                code: json?["code"]?.string.flatMap { FaultCode(rawValue: $0) },
                message: text ?? "\(url) answered with status \(response.status), not as a gateway does",
                retryAfter: (response.headers["Retry-After"]).flatMap { Int($0) }
            )
        }
        return (json, response.headers["Date"].flatMap(HTTPDate.milliseconds))
    }
}

/// The date of an answer: how an agent knows what time it is for its fleet, whatever its own clock says.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Unix milliseconds of `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func milliseconds(_ text: String) -> Int64? {
        let fields = text.split(whereSeparator: { " ,:".contains($0) })
        guard fields.count == 8, fields[7] == "GMT", let day = Int64(fields[1]), let year = Int64(fields[3]),
            let month = months.firstIndex(of: String(fields[2])), let hour = Int64(fields[4]),
            let minute = Int64(fields[5]), let second = Int64(fields[6])
        else { return nil }
        return ((days(year, Int64(month) + 1, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000
    }

    /// Since 1970, in the Gregorian calendar, whose years begin in March here.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
