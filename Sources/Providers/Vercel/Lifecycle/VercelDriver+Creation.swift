import Model
package import ProviderKit

extension VercelDriver {
    /// Makes a sandbox under the box's own id, or takes up the one that an earlier try has made.
    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        try descriptor.refuseUnsupported(in: creation.spec)
        let settings = try VercelSettings(creation, configuration)
        let body = settings.body(for: creation, project: api.project)
        do throws(DriverError) {
            let made = try await api.create(body, within: configuration.patience)
            let answer = try await ready(made, of: nil)
            return try await open(answer, creation, isNew: creation.source == nil)
        } catch {
            switch error.kind {
            // Somebody has the name: an earlier try, which nobody heard the answer of.
            case .conflict: return try await adopt(creation)
            case .timeout: return try await adopt(creation, unless: error)
            default: throw error
            }
        }
    }

    /// Takes up the sandbox of an earlier try, if it is this very box.
    ///
    /// - Parameter unknown: Thrown when there is none: the try may yet succeed.
    private func adopt(_ creation: BoxCreation, unless unknown: DriverError? = nil) async throws(DriverError) -> any Box
    {
        let name = creation.tag.box.rawValue
        let answer: SandboxAnswer
        do throws(DriverError) {
            answer = try await ready(try await api.sandbox(name, of: nil), of: nil)
        } catch {
            throw unknown ?? DriverError(.conflict, "Another create of this box is on its way: \(error.message)")
        }
        let tag = VercelTags(answer.sandbox).box(named: name)
        guard let tag, tag.fleet == creation.tag.fleet, tag.sandbox == creation.tag.sandbox else {
            throw DriverError(.conflict, "A sandbox that is not this box has its name at Vercel.")
        }
        return try await open(answer, creation, isNew: false)
    }

    private func open(
        _ answer: SandboxAnswer,
        _ creation: BoxCreation,
        isNew: Bool
    ) async throws(DriverError) -> any Box {
        try await open(
            answer,
            creation.spec,
            sandbox: creation.tag.sandbox,
            epoch: creation.tag.epoch,
            environment: creation.environment,
            isNew: isNew
        )
    }
}
