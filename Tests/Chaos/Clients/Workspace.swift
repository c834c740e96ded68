/// What the files of a sandbox must be, and may be, after everything that was asked for.
struct Workspace: Sendable {
    /// One file that is uploaded again and again, each time as a whole.
    struct Upload: Sendable {
        /// The digest that was acknowledged last.
        var acknowledged: String?
        /// Of attempts after that, of which nobody knows.
        var possible: Set<String> = []
    }

    /// Lines of the log whose writing was acknowledged: each there exactly once.
    private(set) var written: Set<String> = []
    /// Lines that were tried: there once, or not.
    private(set) var possible: Set<String> = []
    private(set) var uploads: [String: Upload] = [:]

    mutating func begin(line: String) { possible.insert(line) }

    mutating func acknowledge(line: String) {
        if possible.remove(line) != nil { written.insert(line) }
    }

    mutating func begin(upload digest: String, at path: String) { uploads[path, default: Upload()].possible.insert(digest) }

    mutating func acknowledge(upload digest: String, at path: String) {
        uploads[path] = Upload(acknowledged: digest)
    }

    /// What is wrong with the log's text.
    func problems(log: String) -> [(Violation.Kind, String)] {
        var counts: [String: Int] = [:]
        for line in log.split(separator: "\n") { counts[String(line), default: 0] += 1 }
        var problems: [(Violation.Kind, String)] = []
        for line in written.sorted() where counts[line] == nil { problems.append((.lostWrite, "line \(line) is missing")) }
        for (line, count) in counts.sorted(by: { $0.key < $1.key }) {
            if count > 1 { problems.append((.repeatedCommand, "line \(line) is there \(count) times")) }
            if !written.contains(line), !possible.contains(line) {
                problems.append((.wrongFiles, "line \(line) should not be there"))
            }
        }
        if !log.isEmpty, !log.hasSuffix("\n") { problems.append((.lostWrite, "the log's last line is cut")) }
        return problems
    }

    /// What is wrong with the digest of an uploaded file; nil is a file that is not there.
    func problem(digest: String?, at path: String) -> (Violation.Kind, String)? {
        let upload = uploads[path] ?? Upload()
        guard let digest else {
            return upload.acknowledged.map { (.lostWrite, "\(path) of digest \($0.prefix(8)) is missing") }
        }
        if digest == upload.acknowledged || upload.possible.contains(digest) { return nil }
        return (.lostWrite, "\(path) has the digest \(digest.prefix(8)), acknowledged was \(upload.acknowledged?.prefix(8) ?? "-")")
    }
}
