import CLinux
import Glibc
import ProviderKit

extension DriverError {
    /// What went wrong between clone and exec, by the step that the child recorded.
    static func launch(_ outcome: launch_outcome) -> DriverError {
        let action =
            switch launch_step(UInt32(outcome.step)) {
            case LAUNCH_CLONE: "cannot make a process in new namespaces"
            case LAUNCH_USER_MAP: "cannot map the user into a namespace"
            case LAUNCH_PROPAGATION: "cannot separate the mounts"
            case LAUNCH_SOURCE: "cannot open what the box is to see of the host"
            case LAUNCH_STAGE: "cannot prepare the box's root"
            case LAUNCH_MAPPING: "cannot show the box's files as its user's"
            case LAUNCH_OVERLAY: "cannot mount the box's root"
            case LAUNCH_BIND: "cannot show a host path in the box"
            case LAUNCH_LIMITS: "cannot set the box's limits"
            case LAUNCH_IDENTITY: "cannot become the box's user"
            case LAUNCH_DESCRIPTORS: "cannot hand descriptors to the box"
            default: "cannot start bubblewrap"
            }
        return .system(action, outcome.error)
    }
}
