import Model
import ProviderKit

extension VercelAccount {
    /// A session that runs: the present one, or the next.
    ///
    /// - Throws: `gone` when there is no such sandbox, or nothing that it could go on with.
    func running(_ name: String, of box: Envelope) async throws(DriverError) -> SandboxAnswer {
        let wait = BoundedWait(limit: patience)
        let answer: SandboxAnswer
        do throws(DriverError) {
            // A session that is ending is a transient refusal until it has ended.
            answer = try await wait.until("\(name) to be resumed") { () throws(DriverError) in
                .ready(try await api.sandbox(name, resume: true, of: box))
            }
        } catch {
            throw error.kind == .gone ? try await proven(error, name) : error
        }
        return try await ready(answer, of: box)
    }

    /// Waits for a session that was just begun.
    func ready(_ answer: SandboxAnswer, of box: Envelope?) async throws(DriverError) -> SandboxAnswer {
        let name = answer.sandbox.name
        var first: SandboxAnswer? = answer
        return try await BoundedWait(limit: patience, firstPause: .milliseconds(5))
            .until("\(name) to run") { () throws(DriverError) in
                let answer: SandboxAnswer
                if let known = first {
                    answer = known
                    first = nil
                } else {
                    answer = try await api.sandbox(name, of: box)
                }
                let state = ObservedState<VercelState>(answer.session.status)
                switch state.meaning {
                case .running: return .ready(answer)
                // One that does not come up any more is told at once.
                case .stopped, .leaving, .failed: throw DriverError(.conflict, "Its session is \(state.raw).")
                case .becoming, .gone, .unknown: return .notYet(state.raw)
                }
            }
    }

    /// What is there of a sandbox, without starting it.
    ///
    /// - Throws: `gone` when there is none.
    func look(_ name: String, of box: Envelope) async throws(DriverError) -> SandboxAnswer {
        do throws(DriverError) {
            return try await api.sandbox(name, of: box)
        } catch {
            throw error.kind == .gone ? try await proven(error, name) : error
        }
    }

    /// Vercel says of a project that it does not show just what it says of a sandbox that is gone: only where the project
    /// answers, that is proof.
    func proven(_ gone: DriverError, _ name: String) async throws(DriverError) -> DriverError {
        do throws(DriverError) {
            let namesakes = try await api.sandboxes(prefix: name)
            guard let sandbox = namesakes.first(where: { $0.name == name }) else { return gone }
            // What is listed is there; one at rest has nothing to go on with only if Vercel says just that.
            let isAtRest = ObservedState<VercelState>(sandbox.status).meaning == .stopped
            if isAtRest, gone.message.contains("snapshot_not_found") { return gone }
            return DriverError(.transient, "Vercel says that \(name) is gone, and lists it.")
        } catch {
            guard error.kind == .invalid else { throw error }
            return DriverError(.unauthorized, "Vercel does not show the project \(api.project) to this worker.")
        }
    }
}
