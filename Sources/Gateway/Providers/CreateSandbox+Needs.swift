import Model
import ProviderKit

extension CreateSandbox {
    /// What was asked for of the provider; what was left out is no wish.
    var needs: ProviderNeeds {
        ProviderNeeds(networkPolicy: networkPolicy, ports: spec.ports, resources: spec.resources)
    }
}
