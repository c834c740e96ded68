import CurlTransport
import Model
import ProviderKit

extension Check {
    static let claims: [Check] = [
        limit("a limit of memory", \.memoryLimit) { $0.memoryMb = 256 },
        limit("a limit of processors", \.cpuLimit) { $0.vcpus = 1 },
        limit("a limit of disk", \.diskLimit) { $0.diskMb = 3 * 1024 },
        policy(.none),
        policy(.full),
        Check("ports that are reached from outside") { bench in
            if case .no(let reason) = bench.driver.descriptor.ports {
                try await bench.withBox { box, _ in
                    let kind = try await refusal(of: "a port") { _ = try await box.address(ofPort: 8080) }
                    try require(kind == .unsupported, "it is refused as \(kind)")
                }
                return .refused(reason)
            }
            let wish: @Sendable (inout SandboxSpec) -> Void = { ($0.ports, $0.networkPolicy) = ([8080], .full) }
            try await bench.withBox(nil, wish) { box, _ in
                _ = try await box.run("echo served > index.html")
                // What an image has: Python, or no more than busybox.
                let server = """
                    python3 -m http.server 8080 >/dev/null 2>&1 ||
                    while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nserved\\n' | nc -l -p 8080; done
                    """
                let process = try await box.start(.script(server) { $0.isDurable = true })
                let address = try await box.address(ofPort: 8080)
                try require(try await PortProbe(address).read() == "served\n", "something else answers")
                try await process.kill(grace: .zero)
            }
            return .holds
        },
        Check("wishes that it does not know are refused") { bench in
            let kind = try await refusal(of: "a parameter that nobody knows") {
                _ = try await bench.make(bench.creation(nil, { $0.params = ["no-such-parameter": "1"] }))
            }
            try require(kind == .unsupported, "it is refused as \(kind)")
            return .holds
        },
        Check("disks that outlive boxes") { bench in
            if case .no(let reason) = bench.driver.descriptor.volumes { return .refused(reason) }
            guard let outlives = bench.volumeOutlivesBox else { throw Broken("it is not proven") }
            try require(try await outlives(), "it did not")
            return .holds
        },
    ]

    private static func limit(
        _ title: String,
        _ claim: any KeyPath<Descriptor, Descriptor.Support> & Sendable,
        _ set: @escaping @Sendable (inout Resources) -> Void
    ) -> Check {
        Check(title) { bench in
            var resources = Resources()
            set(&resources)
            let wanted = resources
            if case .no(let reason) = bench.driver.descriptor[keyPath: claim] {
                let kind = try await refusal(of: title) {
                    _ = try await bench.make(bench.creation(nil, { $0.resources = wanted }))
                }
                try require(kind == .unsupported, "it is refused as \(kind)")
                return .refused(reason)
            }
            let sized = bench.sizedImage
            let set: @Sendable (inout SandboxSpec) -> Void = { spec in
                spec.resources = wanted
                spec.image = sized ?? spec.image
            }
            try await bench.withBox(nil, set) { box, _ in
                try require(try await bench.holds(wanted, box), "the box does not have it")
            }
            return .holds
        }
    }

    private static func policy(_ policy: NetworkPolicy) -> Check {
        Check("network policy \(policy.rawValue)") { bench in
            guard bench.driver.descriptor.networkPolicies.contains(policy) else {
                let kind = try await refusal(of: "the policy \(policy)") {
                    _ = try await bench.make(bench.creation(nil, { $0.networkPolicy = policy }))
                }
                try require(kind == .unsupported, "it is refused as \(kind)")
                return .refused("boxes cannot have it here")
            }
            try await bench.withBox(nil, { $0.networkPolicy = policy }) { box, _ in
                try require(try await box.run("echo on").text == "on\n", "the box does not answer")
            }
            return .holds
        }
    }
}
