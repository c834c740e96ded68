import Model
import ProviderHTTP
package import ProviderKit

extension VercelDriver {
    /// Makes a sandbox under the box's own id, or takes up the one that an earlier try has made.
    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        try descriptor.refuseUnsupported(in: creation.spec)
        let settings = try VercelSettings(creation, configuration)
        let account = try await accounts.account(of: creation.workspace)
        try creation.requireAccount(account.binding)
        let source = try creation.source(savedBy: Self.name, under: account.binding)
        let body = settings.body(for: creation, from: source, project: account.api.project)
        do throws(DriverError) {
            return try await make(body, creation, account)
        } catch {
            switch error.kind {
            // Somebody has the name: an earlier try, which nobody heard the answer of.
            case .conflict: return try await adopt(creation, body, account)
            case .timeout: return try await adopt(creation, body, account, unless: error)
            default: throw error
            }
        }
    }

    private func make(
        _ body: CreateBody,
        _ creation: BoxCreation,
        _ account: VercelAccount
    ) async throws(DriverError) -> any Box {
        let made = try await account.api.create(body, within: configuration.patience)
        let own = account.binding.envelope(provider: Self.name, box: creation.tag.box.rawValue)
        do throws(DriverError) {
            let answer = try await account.ready(made, of: own)
            return try await open(answer, creation, account, isNew: creation.source == nil)
        } catch {
            throw error.withBoxMade
        }
    }

    /// Takes up the sandbox of an earlier try, if it is this very box.
    ///
    /// - Parameter unknown: Thrown when there is none: the try may yet succeed.
    private func adopt(
        _ creation: BoxCreation,
        _ body: CreateBody,
        _ account: VercelAccount,
        unless unknown: DriverError? = nil
    ) async throws(DriverError) -> any Box {
        let name = creation.tag.box.rawValue
        let own = account.binding.envelope(provider: Self.name, box: name)
        let found: SandboxAnswer
        do throws(DriverError) {
            found = try await account.look(name, of: own)
        } catch {
            guard error.kind == .gone else { throw unknown ?? error }
            throw unknown
                ?? DriverError(.conflict, "The name of this box is taken at Vercel, and by nothing that can be seen.")
        }
        let tag = VercelTags(found.sandbox).box(named: name)
        guard let tag, tag.fleet == creation.tag.fleet, tag.sandbox == creation.tag.sandbox else {
            throw DriverError(.conflict, "A sandbox that is not this box has its name at Vercel.")
        }
        let isNews = try await account.claim(found.sandbox, of: own, epoch: creation.tag.epoch)
        do throws(DriverError) {
            let box = try await open(try await account.running(name, of: own), creation, account, isNew: false)
            return isNews ? try await account.confirmClaim(of: box, name, epoch: creation.tag.epoch) : box
        } catch {
            guard error.kind == .gone else { throw error.withBoxMade }
            // Its session is over and was not saved. Nobody has used it yet, so another one is the same.
            try await delete(own, epoch: creation.tag.epoch)
            return try await make(body, creation, account)
        }
    }

    private func open(
        _ answer: SandboxAnswer,
        _ creation: BoxCreation,
        _ account: VercelAccount,
        isNew: Bool
    ) async throws(DriverError) -> any Box {
        try await open(
            answer,
            account,
            creation.spec,
            sandbox: creation.tag.sandbox,
            epoch: creation.tag.epoch,
            environment: creation.environment,
            isNew: isNew
        )
    }
}
