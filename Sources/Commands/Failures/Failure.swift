import FoundationEssentials
import Glibc
import SandfleetClient

/// What a command tells its user when it fails, and the exit code that says so to programs.
struct Failure: Error {
    /// Kinds of failure; the numbers are those of `sysexits.h` where one fits.
    enum Kind: Int32 {
        case refused = 1
        case usage = 64
        case unreachable = 69
        case localFile = 74
        case outcomeUnknown = 75
        case notAFleet = 76
        case notPermitted = 77
        case configuration = 78
        case cancelled = 130
        case outputClosed = 141
    }

    let kind: Kind
    let message: String
    let hint: String?
    let code: String?
    let requestID: String?

    init(_ kind: Kind, _ message: String, hint: String? = nil, code: String? = nil, requestID: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.code = code
        self.requestID = requestID
    }

    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as SandfleetError: self.init(error)
        case is CancellationError: self.init(.cancelled, "cancelled")
        default: self.init(.refused, "\(error)")
        }
    }

    var exitCode: Int32 { kind.rawValue }

    /// Writes the failure to standard error.
    func report(asJSON: Bool) {
        // Whoever closed our output wants to hear no more.
        if kind == .outputClosed { return }
        let text = asJSON ? json : self.text
        _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    private var text: String {
        var lines = "sandfleet: \(message)\n"
        if let hint { lines += "  What to do: \(hint)\n" }
        let reference = [code, requestID.map { "request \($0)" }].compactMap(\.self).joined(separator: ", ")
        if !reference.isEmpty { lines += "  (\(reference))\n" }
        return lines
    }

    private var json: String {
        struct Document: Encodable {
            struct Body: Encodable {
                let code: String?
                let message: String
                let hint: String?
                let requestId: String?
                let exitCode: Int32
            }
            let error: Body
        }
        let body = Document.Body(code: code, message: message, hint: hint, requestId: requestID, exitCode: exitCode)
        let data = try? APICoding.encoder().encode(Document(error: body))
        return String(decoding: data ?? Data(), as: UTF8.self) + "\n"
    }
}
