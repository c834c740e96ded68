import CurlTransport
import FoundationEssentials

extension SandfleetClient {
    /// How long one request waits for files to be saved or put back, which takes as long as there are files.
    private static let longest = Duration.seconds(900)

    static func newOperation() -> String { UUID().uuidString.lowercased() }

    /// Sends a request that does a thing once, under an id that makes each repeat find the same thing.
    func carryOut<Value: Decodable>(_ request: APIRequest, _ operationId: String?) async throws -> Value {
        var request = request
        request.headers["X-Operation-Id"] = operationId ?? Self.newOperation()
        return try await carryOut(request)
    }

    /// Sends a request that carries such an id already.
    func carryOut<Value: Decodable>(_ request: APIRequest) async throws -> Value {
        var request = request
        request.isRepeatable = true
        request.timeLimit = Self.longest
        var patience = connection.patienceOnceDelivered
        return try await connection.value(request, patience: &patience)
    }
}
