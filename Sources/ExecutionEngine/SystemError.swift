import Glibc

/// A call to the kernel that failed.
package struct SystemError: Error, Hashable, Sendable {
    /// The value of `errno`, or -1 for ``outsideRoot``.
    package let code: Int32

    package init(code: Int32) {
        self.code = code
    }

    /// What the call that has just failed left in `errno`.
    package static var current: SystemError { SystemError(code: errno) }

    package static let invalidArgument = SystemError(code: EINVAL)

    /// No call's: a path leads out of a ``FileRoot``.
    package static let outsideRoot = SystemError(code: -1)

    package static let processGone = SystemError(code: ESRCH)
}

/// Repeats a call that a signal interrupted.
func retrying(_ call: () -> Int) throws(SystemError) -> Int {
    while true {
        let result = call()
        if result >= 0 {
            return result
        }
        let error = SystemError.current
        guard error.code == EINTR else { throw error }
    }
}
