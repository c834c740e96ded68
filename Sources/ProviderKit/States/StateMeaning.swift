/// What a provider's word for the state of a box means to us.
package enum StateMeaning: Sendable, Hashable, CaseIterable {
    case running
    /// It will run, or be stopped, without our doing.
    case becoming
    /// It is there, and has to be started.
    case stopped
    /// It will be stopped or gone.
    case leaving
    /// It will not run any more; that it is there says that it is not gone.
    case failed
    /// The provider's own word that this box does not exist any more.
    case gone
    /// We do not know the word: it proves nothing.
    case unknown
}
