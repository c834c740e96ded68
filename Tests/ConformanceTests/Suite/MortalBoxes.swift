import Model
import ProviderKit

/// Boxes of a provider that ends them all, made so that their end is near.
struct MortalBoxes: Sendable {
    /// Its descriptor says how long they live at most.
    let driver: any Driver
    /// How long one lives that nobody puts off.
    let span: Duration
    /// Changes what is asked for so that the provider saves a box when it ends.
    let isSaved: @Sendable (inout SandboxSpec) -> Void
    /// From its start to its end, as the provider has it now.
    let life: @Sendable (any Box) async throws -> Duration
    /// Lets time pass for the provider.
    let letTimePass: @Sendable (Duration) async throws -> Void
}
