/// What the library does not check: a blank or a line break in a subject would be read as protocol.
enum Subject {
    static func validate(_ subject: String) throws(NATSError) {
        guard !subject.isEmpty, subject.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw NATSError(.invalidSubject, "a subject is empty or holds blanks")
        }
    }
}
