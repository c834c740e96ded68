import Model
import ProviderHTTP
package import ProviderKit

extension VercelDriver {
    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let (name, account) = try await identify(resumption.envelope)
        let found = try await account.look(name, of: resumption.envelope)
        let isNews = try await account.claim(found.sandbox, of: resumption.envelope, epoch: resumption.epoch)
        let isRunning = ObservedState<VercelState>(found.session.status).meaning == .running
        let box = try await open(
            isRunning ? found : try await account.running(name, of: resumption.envelope),
            account,
            resumption.spec,
            sandbox: resumption.sandbox,
            epoch: resumption.epoch,
            environment: resumption.environment
        )
        return isNews ? try await account.confirmClaim(of: box, name, epoch: resumption.epoch) : box
    }
}
