/// What an NKey stands for; the first letter of its public form.
package enum KeyKind: String, Sendable, CaseIterable {
    case `operator` = "O"
    case account = "A"
    case user = "U"
}
