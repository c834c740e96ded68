package import ProviderKit

extension DriverError {
    /// The call surely made nothing.
    package var isDefinite: Bool {
        switch kind {
        case .invalid, .unsupported, .unauthorized, .rateLimited, .placementOffline, .agentOffline, .gone,
            .archiveDamaged, .denied:
            true
        case .conflict, .timeout, .transient, .file, .processGone, .processEnded, .startFailed: false
        }
    }

    /// Repeating it as it is will not help.
    package var isPermanent: Bool {
        switch kind {
        case .invalid, .unsupported: true
        default: false
        }
    }
}
