extension SelfHostedFailure {
    /// An agent that speaks another version, or is broken.
    static let notUnderstood = SelfHostedFailure.failed("The machine's answer was not understood.")

    /// The machine has forgotten a handle: an agent that was started anew knows none.
    var isAboutHandle: Bool {
        if case .unknownHandle = self { true } else { false }
    }
}
