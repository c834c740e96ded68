import Model

extension Fault {
    /// Whatever would save its files as a whole, or replace them.
    static let usersMachine = Fault(
        .unsupported,
        "The files of a user's own machine are neither saved nor replaced as a whole.",
        hint: "Read and write single files."
    )
}
