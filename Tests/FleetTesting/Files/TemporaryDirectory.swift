import FoundationEssentials
import Glibc

/// Lends an empty directory of its own to `body`, and removes it afterwards.
package func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = try makeTemporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

private func makeTemporaryDirectory() throws -> String {
    // Short, whatever TMPDIR says: Unix sockets go below it.
    var template = Array("/tmp/sandfleet-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FixtureError("cannot make a temporary directory") }
    return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
