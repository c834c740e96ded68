import FoundationEssentials
package import ProviderKit

/// An account at one registry, for images that lie there.
package struct RegistryAccount: Sendable, Hashable {
    private struct Document: Decodable {
        var serveraddress: String?
    }

    /// As image names spell it.
    package let registry: String
    /// The engine's header: JSON in base64url.
    let header: Secret

    /// - Parameter document: `{"username", "password", "serveraddress"}` or `{"identitytoken", "serveraddress"}`.
    package init(_ document: Secret) throws(DriverError) {
        let data = Data(document.reveal().utf8)
        guard let address = try? JSONDecoder().decode(Document.self, from: data).serveraddress, !address.isEmpty else {
            // The parser's own words may quote the document.
            throw DriverError(
                .invalid,
                "SANDBOX_DOCKER_REGISTRY has to be a JSON object with serveraddress, and username and password."
            )
        }
        registry = Self.registry(ofAddress: address)
        header = Secret(
            data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        )
    }

    /// The engine shows it to the registry of the image, so only that of this account is given it.
    func header(for image: ImageName) -> Secret? {
        image.registry == registry ? header : nil
    }

    /// Docker's own registry has several names.
    private static func registry(ofAddress address: String) -> String {
        let host = address.firstRange(of: "://").map { String(address[$0.upperBound...]) } ?? address
        let name = String(host.prefix { $0 != "/" })
        return ["index.docker.io", "registry-1.docker.io"].contains(name) ? ImageName.usualRegistry : name
    }
}
