package import ProviderKit
package import Testing

/// Expects a driver's error of this kind.
package func expect(
    _ kind: DriverError.Kind,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws {
    let error = await #expect(throws: DriverError.self, sourceLocation: sourceLocation) { try await body() }
    #expect(error?.kind == kind, "\(error as Any)", sourceLocation: sourceLocation)
}
