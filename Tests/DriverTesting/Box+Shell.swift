import Model
import NIOCore
package import ProviderKit

extension Box {
    /// What a shell says to a script that succeeds.
    package func shell(_ script: String) async throws -> String {
        let process = try await start(BoxCommand(id: newID(), arguments: ["/bin/sh", "-c", script]))
        let transcript = try await process.transcript()
        guard transcript.exit?.code == 0 else {
            throw DriverError(.invalid, "\(script): \(transcript.exit as Any) \(String(buffer: transcript.stderr))")
        }
        return transcript.text
    }

    package func newID() -> String { BoxID.new().rawValue }
}
