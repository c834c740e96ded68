import HTTPTypes
import Hummingbird
import Model
import Store

extension ProcessesController {
    /// What the process wrote, from any point, and on request what it still writes.
    @Sendable func readOutput(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = try OutputQuery(request)
        return try await OutputAnswer(
            process: try await process(context),
            query: query,
            source: output,
            rows: rows,
            heartbeat: settings.heartbeat,
            logger: context.logger
        )
        .response()
    }
}
