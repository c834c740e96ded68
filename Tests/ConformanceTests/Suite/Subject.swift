/// A driver, with whatever it needs to be driven here.
protocol Subject: Sendable {
    var name: String { get }

    /// Starts the provider, or what stands for it, and ends it afterwards.
    func with(_ body: (Bench) async throws -> Void) async throws
}
