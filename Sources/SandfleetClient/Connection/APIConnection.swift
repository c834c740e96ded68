import CurlTransport
import FoundationEssentials
import NIOConcurrencyHelpers
import NIOCore

/// Sends requests of the API and reads their answers.
struct APIConnection: Sendable {
    /// Answers that are documents, not streams, are far smaller.
    private static let documentLimit = 64 << 20

    private let transport: HTTPTransport
    private let base: String
    private let authorization: String
    private let configuration: SandfleetClient.Configuration
    /// Whether this fleet has ever answered; then it is waited for, and otherwise given up soon.
    private let hasAnswered = NIOLockedValueBox(false)

    init(url: String, apiKey: String, configuration: SandfleetClient.Configuration) throws {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw SandfleetError(
                .invalidRequest,
                "the fleet's URL must begin with http:// or https://",
                mayHaveBeenDelivered: false
            )
        }
        do {
            transport = try HTTPTransport(.init(authorityFile: configuration.authorityFile))
        } catch let error as HTTPTransportError {
            throw SandfleetError(error)
        }
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        authorization = "Bearer \(apiKey)"
        self.configuration = configuration
    }

    /// Sends a request and decodes the document of its answer.
    func value<Value: Decodable>(_ request: APIRequest, as type: Value.Type = Value.self) async throws -> Value {
        try decode(type, try await document(request))
    }

    /// Sends a request and decodes the document of its answer; nil when there is none.
    func valueIfAny<Value: Decodable>(_ request: APIRequest) async throws -> Value? {
        let body = try await document(request)
        return body.isEmpty ? nil : try decode(Value.self, body)
    }

    /// Sends a request whose answer holds nothing of interest.
    func perform(_ request: APIRequest) async throws {
        _ = try await document(request)
    }

    /// Sends a request that may be repeated for as long as the patience lasts, and decodes the document of its answer.
    func value<Value: Decodable>(
        _ request: APIRequest,
        as type: Value.Type = Value.self,
        patience: inout Patience
    ) async throws -> Value {
        while true {
            do {
                let value = try decode(type, try await documentOnce(request))
                patience.worked()
                return value
            } catch let error as SandfleetError {
                try await patience.wait(after: error)
            }
        }
    }

    /// Patience with a fleet as far as it is known: one that has answered will come back.
    func patience(until deadline: ContinuousClock.Instant? = nil) -> Patience {
        let isProven = hasAnswered.withLockedValue { $0 }
        return Patience(limit: configuration.reconnectLimit, isProven: isProven, deadline: deadline)
    }

    /// Patience with a request that may be the first one ever, or the one that nobody can serve.
    ///
    /// It is proven only by an answer that breaks off, so that what is refused is refused soon.
    var patienceOnceDelivered: Patience {
        Patience(limit: configuration.reconnectLimit, isProven: false)
    }

    var silenceLimit: Duration { configuration.silenceLimit }

    private func document(_ request: APIRequest) async throws -> Data {
        try await RetryPolicy().run(repeatable: request.isRepeatable) { try await documentOnce(request) }
    }

    private func documentOnce(_ request: APIRequest) async throws -> Data {
        try await SandfleetError.translating {
            let limit = request.timeLimit ?? configuration.requestTimeout
            let response = try await send(request, deadline: request.hasDeadline ? limit : nil)
            return Data(try await response.collect(upTo: Self.documentLimit).readableBytesView)
        }
    }

    /// Sends a request and returns its answer's head and stream; a problem is thrown.
    ///
    /// Never retried.
    func open(_ request: APIRequest) async throws -> HTTPTransportResponse {
        try await SandfleetError.translating { try await send(request, deadline: nil) }
    }

    /// Sends a request whose body is read once, and decodes the document of its answer.
    ///
    /// Never retried.
    func upload<Value: Decodable>(_ request: APIRequest, as type: Value.Type = Value.self) async throws -> Value {
        try decode(type, try await uploadOnce(request))
    }

    /// Sends a request whose body is read once, and whose answer holds nothing of interest.
    ///
    /// Never retried.
    func upload(_ request: APIRequest) async throws {
        _ = try await uploadOnce(request)
    }

    private func uploadOnce(_ request: APIRequest) async throws -> Data {
        try await SandfleetError.translating {
            let response = try await send(request, deadline: nil)
            return Data(try await response.collect(upTo: Self.documentLimit).readableBytesView)
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: Data) throws -> Value {
        do {
            return try APICoding.decoder().decode(type, from: body)
        } catch {
            throw SandfleetError(.invalidResponse, "the answer is not the document that was expected")
        }
    }

    private func send(_ request: APIRequest, deadline: Duration?) async throws -> HTTPTransportResponse {
        var headers = request.headers
        headers["Authorization"] = authorization
        if headers["Accept"] == nil { headers["Accept"] = "application/json" }
        let response = try await transport.send(
            HTTPTransportRequest(
                method: request.method,
                url: base + request.target,
                headers: headers,
                body: request.body,
                connectTimeout: configuration.connectTimeout,
                deadline: deadline,
                idleTimeout: request.silenceLimit,
                replayable: request.isRepeatable
            )
        )
        guard (200..<300).contains(response.status) else { throw try await ProblemDocument.error(of: response) }
        hasAnswered.withLockedValue { $0 = true }
        return response
    }
}
