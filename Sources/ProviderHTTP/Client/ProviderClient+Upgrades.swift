package import CurlTransport
package import ProviderKit

extension ProviderClient {
    /// Calls, and goes on in another protocol on the same connection.
    ///
    /// - Parameter name: For the `Upgrade` header.
    package func upgrade(
        _ call: ProviderCall,
        to name: String,
        accepting statuses: Set<Int> = [101]
    ) async throws(DriverError) -> HTTPTransportUpgrade {
        try await upgraded(call) { request in
            var request = request
            request.headers["Upgrade"] = name
            return try await self.transport.upgrade(request, accepting: statuses)
        }
    }

    /// Calls, and goes on as a WebSocket; `error(of:about:)` translates what happens on it.
    package func webSocket(
        _ call: ProviderCall,
        options: WebSocketOptions = WebSocketOptions()
    ) async throws(DriverError) -> WebSocket {
        try await upgraded(call) { try await self.transport.webSocket($0, options: options) }
    }

    /// What an error of an upgraded connection means.
    package func error(of error: any Error, about call: ProviderCall) -> DriverError {
        failures(of: call).error(afterAnswer: error)
    }

    private func upgraded<Value>(
        _ call: ProviderCall,
        _ attempt: (HTTPTransportRequest) async throws -> Value
    ) async throws(DriverError) -> Value {
        try await perform(call) { request, time in
            var request = request
            request.answerTimeout = time
            do {
                return try await attempt(request)
            } catch let refusal as HTTPUpgradeRefusal {
                throw self.refused(call, status: refusal.status, refusal.headers, refusal.body)
            }
        }
    }
}
