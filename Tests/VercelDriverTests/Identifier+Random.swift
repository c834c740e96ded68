import Model

extension Identifier {
    static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return Self(at: 0, using: &generator)
    }
}
