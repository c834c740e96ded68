/// Why a request was not done.
package enum FailureCode: UInt16, Sendable, CaseIterable {
    /// A call to the kernel failed; `errno` says how.
    case system = 1
    case staleEpoch = 2
    case invalid = 3
    case unsupportedVersion = 4
    case wrongSandbox = 5
    case tooMany = 6
    case noSuchProcess = 10
    case processExists = 11
    case outputForgotten = 12
    case commandNotFound = 13
    case commandNotExecutable = 14
    case badWorkingDirectory = 15
    case startFailed = 16
    case survivors = 17
    /// Another connection follows the process now.
    case followedElsewhere = 18
    /// The process has ended, and nothing of its tree is left.
    case processEnded = 19
    case noSuchHandle = 20
    case sizeMismatch = 21
    /// Input that begins behind what was taken.
    case inputGap = 22
    /// The path leads out of the directory that the daemon may work in.
    case outsideRoot = 23
    /// As many durable processes run as may.
    case processLimit = 24
}

/// The answer to a request that was not done.
package struct FailureMessage: FrameMessage, Equatable, Sendable {
    package var code: FailureCode
    package var errno: Int32

    package init(code: FailureCode, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        guard let code = FailureCode(rawValue: try decoder.read()) else { throw .invalidValue }
        self.code = code
        errno = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(code.rawValue)
        encoder.write(errno)
    }
}
