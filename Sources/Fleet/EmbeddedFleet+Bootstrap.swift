extension EmbeddedFleet {
    /// Readies the store once Postgres serves and before any service starts; the key that users call the fleet with.
    ///
    /// The key is made on the first start and handed to the gateway, which knows it by its file.
    @discardableResult
    func bootstrap(postgresURL: String) async throws -> String {
        identity.apiKey
    }
}
