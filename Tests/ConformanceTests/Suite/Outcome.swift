/// What one check has found out about one driver.
enum Outcome: Sendable, Hashable {
    case holds
    /// The descriptor says no, and the driver refused it.
    case refused(String)
    /// It cannot happen to this provider.
    case doesNotApply(String)
}

/// One line of the matrix.
struct Check: Sendable {
    /// What the line says.
    let title: String
    let run: @Sendable (Bench) async throws -> Outcome

    init(_ title: String, _ run: @escaping @Sendable (Bench) async throws -> Outcome) {
        self.title = title
        self.run = run
    }
}

/// A claim that was not kept.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Broken(what()) }
}
