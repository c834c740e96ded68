/// What an NKey stands for; the first letter of its public form.
package enum KeyKind: String, Sendable, CaseIterable {
    case `operator` = "O"
    case account = "A"
    case user = "U"

    /// The first byte of the public form, which makes its first letter.
    var prefix: UInt8 {
        switch self {
        case .operator: 14 << 3
        case .account: 0
        case .user: 20 << 3
        }
    }

    init?(prefix: UInt8) {
        guard let kind = Self.allCases.first(where: { $0.prefix == prefix }) else { return nil }
        self = kind
    }
}
