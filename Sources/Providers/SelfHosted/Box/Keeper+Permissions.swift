import Wire

/// What the machine's user does not allow is refused before anything is sent.
extension Keeper {
    func requireCommands() throws(SelfHostedFailure) {
        guard let capabilities, !capabilities.exec else { return }
        throw Self.denied("commands", capabilities.denials["exec"])
    }

    func requireFiles() throws(SelfHostedFailure) {
        guard let capabilities, !capabilities.files else { return }
        throw Self.denied("access to files", capabilities.denials["files"])
    }

    private static func denied(_ what: String, _ setting: String?) -> SelfHostedFailure {
        .denied("The machine's user does not allow \(what)\(setting.map { " (setting \($0))" } ?? "").")
    }
}
