/// What happened to a supervised service.
package enum ServiceEvent: Sendable, Equatable {
    case ready(pid: Int32)
    case ended(WaitStatus, restartIn: Duration)
    case restartFailed(String, nextIn: Duration)
    case stopped
}
