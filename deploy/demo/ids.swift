/// Prints ids and checks that they are sorted and canonical; compiled together with `Sources/Model` inside a sandbox.
@main
struct Ids {
    static func main() {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10
        var random = SystemRandomNumberGenerator()
        var last = ""
        for index in 0..<count {
            let id = SandboxID(at: 1_700_000_000_000 + UInt64(index), using: &random)
            precondition(SandboxID(id.rawValue) == id && last < id.rawValue)
            last = id.rawValue
            print(id)
        }
        print("\(count) ids, all canonical and in order")
    }
}
