extension Identifier {
    /// An id that follows from another one and a digest: whoever asks again comes to the same one.
    ///
    /// It tells the other one's time, and has 80 bits of the digest.
    ///
    /// - Parameter digest: At least ten bytes.
    package init<Other>(of other: Identifier<Other>, digest: [UInt8]) {
        rawValue = other.rawValue.prefix(ULID.timeLength) + ULID.spelling(of: digest.prefix(10))
    }
}
