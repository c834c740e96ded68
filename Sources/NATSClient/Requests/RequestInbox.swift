/// Turns what arrives on a connection's one reply subscription into results of its requests.
struct RequestInbox: Sendable {
    let table: RequestTable
    /// `<inbox>.`, in front of the request's number.
    let prefix: String

    var subject: String { prefix + "*" }

    func reply(for id: UInt64) -> String { prefix + String(id) }

    func receive(_ message: RawMessage) {
        guard let id = message.trailingNumber(after: prefix.utf8.count) else { return }
        table.answer(id) {
            message.isNoResponders
                ? .failure(NATSError(.noResponders, "request"))
                : .success(message.copy())
        }
    }
}
