package import ProviderKit

/// The environment variables that the driver reads.
package enum DockerVariables {
    static let host = CredentialVariable("DOCKER_HOST", "where the engine listens", isRequired: false)
    static let verifiesTLS = CredentialVariable("DOCKER_TLS_VERIFY", "whether it speaks TLS", isRequired: false)
    static let certificates = CredentialVariable("DOCKER_CERT_PATH", "the folder of certificates", isRequired: false)
    static let image = CredentialVariable("SANDBOX_DOCKER_IMAGE", "the default image", isRequired: false)
    static let network = CredentialVariable("SANDBOX_DOCKER_NETWORK", "the network of boxes", isRequired: false)
    static let attached = CredentialVariable("SANDBOX_DOCKER_ATTACH", "more networks", isRequired: false)
    static let ports = CredentialVariable("SANDBOX_DOCKER_PORTS", "loopback or network", isRequired: false)
    static let user = CredentialVariable("SANDBOX_DOCKER_USER", "the user in boxes", isRequired: false)
    static let memory = CredentialVariable("SANDBOX_DOCKER_MEMORY_MB", "memory of a box", isRequired: false)
    static let vcpus = CredentialVariable("SANDBOX_DOCKER_VCPUS", "processors of a box", isRequired: false)
    static let processes = CredentialVariable("SANDBOX_DOCKER_PIDS", "processes of a box", isRequired: false)
    static let capabilities = CredentialVariable(
        "SANDBOX_DOCKER_CAPABILITIES",
        "what root in a box may do",
        isRequired: false
    )
    static let volumes = CredentialVariable("SANDBOX_DOCKER_VOLUMES", "volumes of every box", isRequired: false)
    static let runtime = CredentialVariable("SANDBOX_DOCKER_RUNTIME", "another runtime", isRequired: false)
    static let registry = CredentialVariable("SANDBOX_DOCKER_REGISTRY", "an account for pulls", isRequired: false)

    package static let all = [
        host, verifiesTLS, certificates, image, network, attached, ports, user, memory, vcpus, processes, capabilities,
        volumes, runtime, registry,
    ]
}
