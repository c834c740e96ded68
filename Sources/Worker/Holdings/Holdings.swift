import Model
import NIOConcurrencyHelpers

/// Everything that this worker owns.
final class Holdings: Sendable {
    private let table = NIOLockedValueBox<[SandboxID: Holding]>([:])

    subscript(sandbox: SandboxID) -> Holding? { table.withLockedValue { $0[sandbox] } }

    var all: [Holding] { table.withLockedValue { Array($0.values) } }

    var count: Int { table.withLockedValue { $0.count } }

    /// - Returns: A holding of an older epoch that this one replaces; its caller drops it.
    func insert(_ holding: Holding) -> Holding? {
        table.withLockedValue { $0.updateValue(holding, forKey: holding.sandbox) }
    }

    /// Removes exactly this holding, not one of a newer epoch.
    func remove(_ holding: Holding) {
        table.withLockedValue { table in
            if table[holding.sandbox] === holding { table[holding.sandbox] = nil }
        }
    }
}
