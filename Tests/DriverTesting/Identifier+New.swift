package import Model

extension Identifier {
    package static func new() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return Identifier(at: 1_700_000_000_000, using: &generator)
    }
}
