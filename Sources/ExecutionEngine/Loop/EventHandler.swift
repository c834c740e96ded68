import CLinux

/// What a descriptor is watched for.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let read = Interest(rawValue: LINUX_READ.rawValue)
    package static let write = Interest(rawValue: LINUX_WRITE.rawValue)
}

/// What a watched descriptor is ready for.
///
/// A hangup or an error counts as both, because the next call reports it.
package typealias Readiness = Interest

/// Called on the loop's thread when a descriptor is ready.
package protocol EventHandler: AnyObject {
    func descriptorReady(_ readiness: Readiness)
}
