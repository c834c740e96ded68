import Glibc

/// The text of the last failed system call of this thread.
func lastSystemError(_ number: Int32 = errno) -> String {
    String(cString: strerror(number))
}
