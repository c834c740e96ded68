import HTTPTypes
package import Hummingbird
import Logging
import Model
import NIOHTTP1
import ServiceHost

/// The outermost layer: names each request, times it, and turns every error into a problem document.
package struct RequestEdge: RouterMiddleware {
    package typealias Context = GatewayContext

    private let table: RouteTable
    private let metrics: RequestMetrics

    package init(table: RouteTable, metrics: RequestMetrics) {
        self.table = table
        self.metrics = metrics
    }

    package func handle(
        _ request: Request,
        context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        var context = context
        context.requestID = RequestName.of(request)
        context.traceparent = request.headers[.traceparent].flatMap { $0.utf8.count <= 128 ? $0 : nil }
        context.logger[.requestID] = "\(context.requestID)"
        metrics.began()
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection answers this one itself, and closes.
            metrics.ended(request, route: nil, status: 400, took: .now - began)
            throw error
        } catch {
            response = problem(error, request, context).response
        }
        response.headers[RequestName.header] = context.requestID
        let took = ContinuousClock.now - began
        metrics.ended(request, route: context.endpointPath, status: response.status.code, took: took)
        context.logger.debug(
            "answered",
            metadata: .keyed([
                .method: "\(request.method.rawValue)", .route: "\(context.endpointPath ?? "-")",
                .status: "\(response.status.code)", .duration: "\(took / .milliseconds(1))",
            ])
        )
        return response
    }

    private func problem(_ error: any Error, _ request: Request, _ context: GatewayContext) -> ProblemDocument {
        var fault = Fault(caught: error)
        if let error = error as? HTTPError, error.status == .notFound {
            let allowed = Set(table.methods(at: request.uri.path)).map(\.rawValue).sorted().joined(separator: ", ")
            if !allowed.isEmpty {
                fault = Fault(
                    .methodNotAllowed,
                    "\(request.method.rawValue.prefix(16)) is not possible here.",
                    details: ["allow": allowed]
                )
            }
        }
        if fault.code == .internal {
            // The text of an unknown error may hold anything: it goes to the log, not to the caller.
            context.logger.error(
                "request failed",
                metadata: .keyed([.route: "\(context.endpointPath ?? "-")", .error: "\(error)"])
            )
        }
        return ProblemDocument(fault, requestID: context.requestID)
    }
}
