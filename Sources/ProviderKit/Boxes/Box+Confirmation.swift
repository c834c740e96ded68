extension Box {
    /// The box, unless what is found out about it last says otherwise: then it is let go of.
    package func confirmed(
        by body: () async throws(DriverError) -> Void
    ) async throws(DriverError) -> any Box {
        do throws(DriverError) {
            try await body()
            return self
        } catch {
            await detach()
            throw error
        }
    }
}
