import CurlTransport
import FoundationEssentials
import NIOCore
import ProviderKit

extension ProviderClient {
    /// The request of a call, but for its limits.
    func request(_ call: ProviderCall, _ authorization: Authorization) throws(DriverError) -> HTTPTransportRequest {
        var headers = configuration.headers
        for field in call.headers.fields { headers[field.name] = nil }
        for field in call.headers.fields { headers.add(field.name, field.value) }
        if let field = authorization.field { headers[field.name] = field.value }
        if let header = configuration.idempotencyHeader, let key = call.idempotencyKey { headers[header] = key }
        let (body, type) = try body(call)
        if let type, headers["Content-Type"] == nil { headers["Content-Type"] = type }
        return HTTPTransportRequest(
            method: call.method,
            url: configuration.baseURL + call.path.text + query(call),
            headers: headers,
            body: body,
            unixSocketPath: configuration.unixSocketPath,
            replayable: call.repeatability == .once ? false : nil
        )
    }

    private func query(_ call: ProviderCall) -> String {
        let items = (configuration.query + call.query)
            .map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        return items.isEmpty ? "" : "?" + items.joined(separator: "&")
    }

    private func body(_ call: ProviderCall) throws(DriverError) -> (HTTPTransportRequestBody, type: String?) {
        switch call.body {
        case .none: return (.none, nil)
        case .bytes(let bytes, let type): return (.bytes(bytes), type)
        case .stream(let upload, let type): return (.streamed(upload), type)
        case .form(let form): return (form.body, form.contentType)
        case .json(let value):
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do {
                return (.bytes(ByteBuffer(bytes: try encoder.encode(value))), "application/json")
            } catch {
                throw DriverError(.invalid, "The request \"\(call.name)\" cannot be written as JSON.")
            }
        }
    }
}
