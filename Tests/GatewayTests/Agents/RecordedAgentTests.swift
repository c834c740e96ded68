import Foundation
import Model
import Testing

@testable import Gateway

/// Agents of former versions are let in, by the bytes that one of them has sent.
struct RecordedAgentTests {
    @Test func whatAnOlderAgentSaysIsUnderstoodAndSigned() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/agent-0.1.0.txt")
        let bodies = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(bodies.count == 2)
        let enrolling = try EnrollBody(try JSONParser.parse(Array(bodies[0].utf8)))
        #expect(enrolling.isSigned)
        #expect(enrolling.name == "tester" && enrolling.hostName == "vm")
        let session = try SessionBody(try JSONParser.parse(Array(bodies[1].utf8)))
        #expect(session.isSigned(by: enrolling.publicKey))
        #expect(session.machine == enrolling.machine && session.sandboxes == [])
    }
}
