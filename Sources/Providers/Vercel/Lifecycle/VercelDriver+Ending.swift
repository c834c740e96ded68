package import Model
import ProviderHTTP
package import ProviderKit

extension VercelDriver {
    /// Ends the session and returns once it has ended; the files are in a snapshot then.
    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let (name, account) = try await identify(envelope)
        var asked: String?
        try await BoundedWait(limit: configuration.patience)
            .until("\(name) to stop") { () throws(DriverError) in
                let answer = try await account.look(name, of: envelope)
                try await account.claim(answer.sandbox, of: envelope, epoch: epoch)
                let state = ObservedState<VercelState>(answer.session.status)
                switch state.meaning {
                case .stopped, .failed: return .ready(())
                case .running, .becoming:
                    if asked != answer.session.id {
                        try await end(answer, account)
                        // It answers early, and says that it runs yet.
                        asked = answer.session.id
                    }
                    return .notYet(state.raw)
                case .leaving, .gone, .unknown: return .notYet(state.raw)
                }
            }
    }

    private func end(_ answer: SandboxAnswer, _ account: VercelAccount) async throws(DriverError) {
        do throws(DriverError) {
            if answer.sandbox.persistent ?? true {
                try await account.api.stop(session: answer.session.id)
            } else {
                // Vercel would throw its files away, and nobody has asked for that. As those that it takes itself, it goes with its
                // sandbox, or after a while.
                _ = try await account.api.snapshot(
                    session: answer.session.id,
                    expiration: SnapshotDocument.stopExpiration,
                    within: configuration.patience
                )
            }
        } catch {
            // It ended by itself, or nobody knows: the next look tells.
            guard [.transient, .timeout, .invalid].contains(error.kind) else { throw error }
        }
    }

    /// Deletes the sandbox, and the snapshots that were taken so that it could go on; those of archives stay.
    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let (name, account) = try await identify(envelope)
        let snapshots = try await account.api.snapshots(of: name)
        do throws(DriverError) {
            _ = try await account.owned(name, of: envelope, epoch: epoch)
            try await account.api.delete(name, of: envelope)
        } catch {
            // It is gone already, or an earlier try of this call may have done it.
            guard error.kind == .gone || error.kind == .timeout else { throw error }
            try await proveGone(name, of: envelope, account, after: error)
        }
        for snapshot in snapshots where snapshot.isOfItsSandbox {
            try await account.api.delete(snapshot: snapshot.id)
        }
    }

    private func proveGone(
        _ name: String,
        of envelope: Envelope,
        _ account: VercelAccount,
        after failure: DriverError
    ) async throws(DriverError) {
        do throws(DriverError) {
            _ = try await account.look(name, of: envelope)
        } catch {
            guard error.kind == .gone else { throw error }
            return
        }
        throw failure.kind == .gone
            ? DriverError(.transient, "Vercel says that \(name) is gone, and shows it.") : failure
    }
}
