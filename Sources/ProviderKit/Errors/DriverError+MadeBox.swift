extension DriverError {
    /// The same failure, met behind a create that the provider has accepted: the box is there, so whatever this step's own
    /// error would prove, it does not prove that nothing was made.
    package var withBoxMade: DriverError {
        switch kind {
        case .invalid, .unsupported, .unauthorized, .rateLimited, .placementOffline, .agentOffline, .gone,
            .archiveDamaged,
            .denied:
            DriverError(.transient, message)
        case .conflict, .timeout, .transient, .file, .processGone, .processEnded, .startFailed: self
        }
    }
}
