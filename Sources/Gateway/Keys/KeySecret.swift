/// Makes keys: a prefix that scanners know, and 130 random bits.
enum KeySecret {
    static func new() -> String { "sf_" + random() }

    /// 26 characters of them.
    static func random() -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var random = SystemRandomNumberGenerator()
        let characters = (0..<26).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
        return String(decoding: characters, as: UTF8.self)
    }
}
