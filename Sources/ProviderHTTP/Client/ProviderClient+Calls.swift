import CurlTransport
import FoundationEssentials
import Logging
import NIOConcurrencyHelpers
import NIOCore
package import ProviderKit

extension ProviderClient {
    /// How long the words of a refusal are waited for.
    private static let refusalPatience: Duration = .seconds(5)

    /// Calls, and reads the whole answer.
    @discardableResult
    package func send(_ call: ProviderCall) async throws(DriverError) -> ProviderAnswer {
        let limit = configuration.answerLimit
        return try await perform(call) { request, time in
            var request = request
            request.deadline = time
            let response = try await self.accepted(transport.send(request), call)
            return ProviderAnswer(
                status: response.status,
                headers: response.headers,
                body: try await response.collect(upTo: limit)
            )
        }
    }

    /// Calls, and reads the answer as JSON.
    package func json<Value: Decodable & Sendable>(
        _ call: ProviderCall,
        as type: Value.Type = Value.self
    ) async throws(DriverError) -> Value {
        let answer = try await send(call)
        do {
            return try JSONDecoder().decode(type, from: Data(answer.body.readableBytesView))
        } catch let error as DecodingError {
            throw failures(of: call).misunderstood(error.place)
        } catch {
            throw failures(of: call).misunderstood("no JSON")
        }
    }

    /// Calls, and returns when the answer begins.
    package func stream(_ call: ProviderCall) async throws(DriverError) -> ProviderStream {
        let failures = failures(of: call)
        return try await perform(call) { request, time in
            var request = request
            request.answerTimeout = time
            request.idleTimeout = call.idleTimeout
            return ProviderStream(try await self.accepted(transport.send(request), call), failures)
        }
    }

    /// Calls, and reads the lines of the answer as they come.
    package func lines(_ call: ProviderCall, limit: Int = 4 << 20) async throws(DriverError) -> ProviderLines {
        ProviderLines(try await stream(call), limit: limit)
    }

    /// Calls, and reads the parts of a form as they come.
    package func parts(_ call: ProviderCall) async throws(DriverError) -> ProviderParts {
        let stream = try await stream(call)
        guard let type = stream.headers["Content-Type"], let parser = MultipartParser(contentType: type) else {
            throw stream.misunderstood("no form")
        }
        return ProviderParts(stream, parser)
    }

    private func accepted(_ response: HTTPTransportResponse, _ call: ProviderCall) async throws -> HTTPTransportResponse
    {
        // A redirect is not followed, so nothing was done.
        guard !(200..<300).contains(response.status) else { return response }
        let body = await words(of: response, call, within: min(call.deadline, Self.refusalPatience))
        throw refused(call, status: response.status, response.headers, body)
    }

    /// What a refusal says, as far as it comes in time: the status alone is enough to go on with.
    private func words(
        of response: HTTPTransportResponse,
        _ call: ProviderCall,
        within limit: Duration
    ) async -> ByteBuffer {
        let said = NIOLockedValueBox(ByteBuffer())
        await withTaskGroup { group in
            group.addTask { [logger] in
                do {
                    for try await chunk in response.body {
                        let count = said.withLockedValue { body in
                            body.writeImmutableBuffer(chunk)
                            return body.readableBytes
                        }
                        if count >= ProviderRefusal.bodyLimit { break }
                    }
                } catch {
                    // The status was said; what is missing of the words is not worth another error.
                    logger.debug("the body of a refusal was cut off", metadata: ["call": "\(call.name)"])
                }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return said.withLockedValue { $0 }
    }

    func refused(
        _ call: ProviderCall,
        status: Int,
        _ headers: HTTPTransportHeaders,
        _ body: ByteBuffer
    ) -> Refused {
        let retryAfter = headers["Retry-After"].flatMap { RetryAfter.duration($0, now: time.unixSeconds()) }
        return Refused(
            refusal: ProviderRefusal(
                call: call.name,
                repeatability: call.repeatability,
                box: call.box,
                status: status,
                headers: headers,
                body: body,
                retryAfter: retryAfter
            ),
            requestID: configuration.requestIDHeaders.lazy.compactMap { headers[$0] }.first
        )
    }
}

extension DecodingError {
    /// Where it was, without what stood there.
    fileprivate var place: String {
        let path: [any CodingKey]
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            path = context.codingPath
        case .keyNotFound(let key, let context): path = context.codingPath + [key]
        @unknown default: path = []
        }
        return path.isEmpty ? "no such document" : "\"\(path.map(\.stringValue).joined(separator: "."))\""
    }
}
