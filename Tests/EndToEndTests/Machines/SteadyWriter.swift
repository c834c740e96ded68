import Foundation
import NIOCore
import SandfleetClient
import Testing

/// A program that writes numbered lines to both outputs until it is told to stop, and what it must have written.
///
/// Whoever has all of it can tell whether a byte is missing, came twice, or came in another order.
enum SteadyWriter {
    /// Ends with code 7 once there is a file `stop`, and writes then how many lines it has written.
    static let script = """
        import os, time
        number = 0
        while not os.path.exists('stop'):
            os.write(1, b'%08d out\\n' % number * 5)
            if number % 3 == 0: os.write(2, b'%08d err\\n' % number)
            number += 1
            if number % 10 == 0: time.sleep(0.02)
        open('written', 'w').write(str(number))
        os._exit(7)
        """

    static var body: [String: any Sendable] { ["command": "python3", "args": ["-c", script]] }

    static func check(_ output: SeenOutput, lines: Int) {
        var (stdout, stderr) = ("", "")
        for number in 0..<lines {
            let digits = String(number)
            let padded = String(repeating: "0", count: 8 - digits.count) + digits
            stdout += String(repeating: "\(padded) out\n", count: 5)
            if number % 3 == 0 { stderr += "\(padded) err\n" }
        }
        #expect(output.stdout == Data(stdout.utf8), "\(output.stdout.count) bytes of \(stdout.utf8.count)")
        #expect(output.stderr == Data(stderr.utf8), "\(output.stderr.count) bytes of \(stderr.utf8.count)")
    }
}

extension FleetAPI {
    /// Tells the writer in a sandbox's directory to stop, and holds everything that is stored of it to what it has written.
    func finish(_ writer: String, in sandbox: Sandbox) async throws {
        _ = try await client.upload(.bytes(.init(string: "")), to: "stop", in: sandbox.id)
        let end = try await ended(writer)
        #expect(end["status"] as? String == "exited" && end["exitCode"] as? Int == 7, "\(end.body)")
        let text = try await shell("cat written", in: sandbox)
        let lines = try #require(Int(text))
        #expect(lines > 100)
        SteadyWriter.check(try await output(writer), lines: lines)
    }
}
