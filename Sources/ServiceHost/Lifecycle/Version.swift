extension ServiceHost {
    /// The semantic version of this build, as services tell it.
    package static let version = "0.1.0"
}
