import Glibc

extension Failure {
    /// A failed system call on something local.
    static func system(_ action: String, _ number: Int32 = errno) -> Failure {
        if number == EPIPE { return Failure(.outputClosed, "\(action): the reader has left") }
        return Failure(.localFile, "\(action): \(String(cString: strerror(number)))")
    }
}
