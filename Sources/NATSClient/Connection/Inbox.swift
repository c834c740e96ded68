/// Subjects that nobody else uses.
enum Inbox {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// `<prefix>.<22 random characters>`, 131 bits.
    static func unique(below prefix: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let token = (0..<22).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] }
        return prefix + "." + String(decoding: token, as: UTF8.self)
    }
}
