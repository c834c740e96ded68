import HTTPTypes
import Hummingbird
import NIOCore
import PrometheusMetrics

/// What machines ask: is it alive, can it work, how does it do.
struct HealthController: Sendable {
    let readiness: Readiness
    let metrics: PrometheusRegistry

    var routes: [Route] {
        [
            Route(.get, "/healthz", .everybody) { _, _ in .json(["status": "ok"]) },
            Route(.get, "/readyz", .everybody, handler: ready),
            Route(.get, "/metrics", .everybody, handler: measure),
        ]
    }

    @Sendable private func ready(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let found = await readiness.look()
        let isReady = found.allSatisfy(\.isUp)
        let checks = found.map { JSONValue.Member($0.name, .string($0.isUp ? "ok" : "down")) }
        return .json(
            ["status": .string(isReady ? "ok" : "unavailable"), "checks": .object(checks)],
            status: isReady ? .ok : .serviceUnavailable
        )
    }

    @Sendable private func measure(_ request: Request, _ context: GatewayContext) async throws -> Response {
        Response(
            status: .ok,
            headers: [.contentType: PrometheusRegistry.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.exposition()))
        )
    }
}
