import NATSClient
import Testing

/// The code of the NATS error that the body throws.
func code(
    sourceLocation: SourceLocation = #_sourceLocation,
    of body: () async throws -> Void
) async -> NATSError.Code? {
    do {
        try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
        return nil
    } catch let error as NATSError {
        return error.code
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
        return nil
    }
}
