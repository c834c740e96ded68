import HTTPTypes
import Model
import NIOCore
import Testing

@testable import Gateway

@Suite("The digest of an upload")
struct ContentDigestTests {
    /// SHA-256 of `hello`.
    private static let hello = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

    private func measure(_ headers: HTTPFields, _ parts: [String]) throws -> ContentDigest.Measure {
        var digest = try ContentDigest(headers)
        for part in parts { digest.update(ByteBuffer(string: part)) }
        return try digest.finish()
    }

    @Test func whatWasPromisedIsTaken() throws {
        for headers: HTTPFields in [
            [:], [.contentLength: "5"], [.contentDigest: "sha-256=:\(Self.hello):"],
            [.digest: "md5=x, SHA-256=\(Self.hello)"],
        ] {
            let measure = try measure(headers, ["he", "llo"])
            #expect(measure.length == 5)
            // Hashed only where there is something to compare with.
            let hasDigest = headers[.contentDigest] != nil || headers[.digest] != nil
            let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
            #expect(measure.sha256 == (hasDigest ? hello : nil))
        }
    }

    @Test func anythingElseIsRefused() {
        #expect(throws: Fault.self) { try measure([.contentLength: "6"], ["hello"]) }
        #expect(throws: Fault.self) { try measure([.contentDigest: "sha-256=:\(Self.hello):"], ["hellO"]) }
        for garbage in ["sha-256=:abc:", "garbage", "=:abc:", "sha-256", "md5=:abc:, garbage"] {
            #expect(throws: Fault.self) { try ContentDigest([.contentDigest: garbage]) }
        }
    }
}
