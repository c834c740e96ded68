// swift-tools-version: 6.2

import PackageDescription

/// Settings of every target that is ours: Swift 6 mode, warnings are errors.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// What the simulation runs tens of thousands of times, in a debug build too.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// Generated code is not ours to warn about.
let generated: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A library of ours in `Sources/<name>`.
func library(
    _ name: String,
    path: String? = nil,
    exclude: [String] = [],
    resources: [Resource] = [],
    swiftSettings: [SwiftSetting] = house,
    _ dependencies: [Target.Dependency]
) -> Target {
    .target(
        name: name,
        dependencies: dependencies,
        path: path ?? "Sources/\(name)",
        exclude: exclude,
        resources: resources,
        swiftSettings: swiftSettings
    )
}

/// A thin executable in `Services/<name>`.
func service(_ name: String, linkerSettings: [LinkerSetting] = [], _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Services/\(name)",
        swiftSettings: house,
        linkerSettings: linkerSettings
    )
}

/// The tests of one library, in `Tests/<name>Tests`.
func tests(_ name: String, exclude: [String] = [], _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        path: "Tests/\(name)Tests",
        exclude: exclude,
        swiftSettings: house
    )
}

let package = Package(
    name: "sandfleet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SandfleetClient", targets: ["SandfleetClient"]),
        .executable(name: "chaos", targets: ["ChaosRunner"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The C libraries and the kernel, each behind one target.
        .systemLibrary(
            name: "CNATS",
            path: "Sources/C/CNATS",
            pkgConfig: "libnats",
            providers: [.apt(["libnats-dev"])]
        ),
        .systemLibrary(
            name: "CPostgres",
            path: "Sources/C/CPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            path: "Sources/C/CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "CZstd",
            path: "Sources/C/CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"])]
        ),
        .target(name: "CCurlShims", dependencies: ["CCurl"], path: "Sources/C/CCurlShims"),
        .target(name: "CLinux", path: "Sources/C/CLinux"),

        // Values and wire formats.
        library("Model", []),
        library("Wire", swiftSettings: generated, [protobuf]),

        // Clean faces of the C libraries; they know nothing about us.
        library("NATSClient", ["CNATS", logging, nioCore, nioLocks]),
        library("PostgresClient", ["CLinux", "CPostgres", logging, nioLocks]),
        library("CurlTransport", ["CCurl", "CCurlShims", crypto, logging, nioCore, nioLocks, nioWebSocket]),

        library("Compression", ["CZstd", nioCore]),

        // What the fleet builds on them.
        library("Bus", ["Model", "NATSClient", "Wire", logging, metrics, nioCore, nioLocks, protobuf]),
        library(
            "Store",
            resources: [.embedInCode("Migrations")],
            ["Model", "PostgresClient", crypto, logging, nioLocks]
        ),
        // NKeys and the credentials of a server in operator mode.
        library("NATSIdentity", [crypto]),

        library("ProviderKit", ["Model", logging, nioCore, nioLocks]),
        // A client of a provider's API, for drivers of providers in the cloud.
        library("ProviderHTTP", ["CurlTransport", "Model", "ProviderKit", logging, nioCore, nioLocks]),
        library("Ownership", ["Model", "ProviderKit", logging, nioLocks]),
        library("ArchiveStore", [nioCore, nioLocks, nioPosix]),
        library(
            "ProcessOutput",
            ["ArchiveStore", "Bus", "Compression", "Model", "NATSClient", logging, nioCore, nioLocks]
        ),
        library("PrometheusMetrics", [metrics, nioLocks]),
        library(
            "ServiceHost",
            [
                "Bus", "Model", "PostgresClient", "PrometheusMetrics", "Store", configuration, crypto, lifecycle,
                logging,
                metrics, unixSignals,
            ]
        ),

        library("MetricsEndpoint", ["PrometheusMetrics", "ServiceHost", hummingbird, lifecycle, nioCore]),

        // The execution engine: no Foundation, one thread, shared by boxd and the agent.
        library("BoxProtocol", []),
        library("ExecutionEngine", ["CLinux"]),
        library("BoxDaemon", ["BoxProtocol", "CLinux", "ExecutionEngine"]),
        library("BoxClient", ["BoxProtocol", "CLinux", "ExecutionEngine", logging, nioCore, nioLocks, nioPosix]),

        // A box whose daemon is reached on this host or through a provider's exec.
        library(
            "BoxSession",
            [
                "BoxClient", "BoxProtocol", "ExecutionEngine", "Model", "ProviderKit", crypto, nioCore, nioLocks,
                nioPosix,
            ]
        ),

        // Providers, one target each.
        library(
            "LocalDriver",
            path: "Sources/Providers/Local",
            [
                "BoxClient", "BoxSession", "CLinux", "ExecutionEngine", "Model", "ProviderKit", crypto, logging,
                metrics, nioCore, nioLocks, nioPosix,
            ]
        ),

        library(
            "SelfHostedDriver",
            path: "Sources/Providers/SelfHosted",
            ["Bus", "Model", "NATSClient", "ProviderKit", "Wire", logging, metrics, nioCore, nioLocks, protobuf]
        ),

        library(
            "DockerDriver",
            path: "Sources/Providers/Docker",
            [
                "BoxClient", "BoxSession", "CurlTransport", "Model", "ProviderHTTP", "ProviderKit", crypto, logging,
                nioCore, nioLocks,
            ]
        ),

        library(
            "SpritesDriver",
            path: "Sources/Providers/Sprites",
            [
                "BoxClient", "BoxSession", "CurlTransport", "Model", "ProviderHTTP", "ProviderKit", logging, nioCore,
                nioLocks,
            ]
        ),

        library(
            "VercelDriver",
            path: "Sources/Providers/Vercel",
            [
                "BoxClient", "BoxSession", "CurlTransport", "Model", "ProviderHTTP", "ProviderKit", logging, nioCore,
                nioLocks,
            ]
        ),

        library(
            "DaytonaDriver",
            path: "Sources/Providers/Daytona",
            [
                "BoxClient", "BoxSession", "CurlTransport", "Model", "ProviderHTTP", "ProviderKit", logging, nioCore,
                nioLocks,
            ]
        ),

        // What runs on a user's own machine.
        library(
            "Agent",
            [
                "BoxClient", "Bus", "CLinux", "CurlTransport", "ExecutionEngine", "Model", "NATSClient", "NATSIdentity",
                "Wire", logging, nioCore, nioLocks, nioPosix, protobuf,
            ]
        ),

        // Behaviour of the services.
        library(
            "Gateway",
            resources: [.embedInCode("OpenAPI/Document/openapi.json")],
            [
                "ArchiveStore", "Bus", "Model", "NATSClient", "NATSIdentity", "PrometheusMetrics", "ProcessOutput",
                "ProviderKit", "ServiceHost", "Store", "Wire", crypto, hummingbird, lifecycle, logging, metrics,
                nioCore, nioHTTP1,
                nioLocks, protobuf,
            ]
        ),
        library(
            "Worker",
            [
                "ArchiveStore", "Bus", "Compression", "Model", "NATSClient", "Ownership", "PostgresClient",
                "ProcessOutput", "ProviderKit", "ServiceHost", "Store", "Wire", crypto, lifecycle, logging, metrics,
                nioCore, nioFoundation, nioLocks, protobuf,
            ]
        ),
        library(
            "Reaper",
            [
                "ArchiveStore", "Bus", "CurlTransport", "Model", "NATSClient", "ProcessOutput", "ServiceHost", "Store",
                "Wire", crypto, lifecycle, logging, metrics, nioCore, nioLocks, protobuf,
            ]
        ),

        // What a person uses.
        library("SandfleetClient", ["CurlTransport", crypto, nioCore, nioLocks]),
        library("Fleet", ["Bus", "CLinux", "ExecutionEngine", "Model", "NATSIdentity", "Store", nioLocks]),
        library("Commands", ["Fleet", "SandfleetClient", arguments, nioCore, nioLocks]),

        // Executables.
        service(
            "boxd",
            linkerSettings: [
                .unsafeFlags(["-static-executable"]),
                // It goes along into boxes: a smaller one is there sooner.
                .unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release)),
            ],
            ["BoxDaemon"]
        ),
        service(
            "agent",
            // It runs on machines that have no Swift; linked in, only what is used of Foundation takes memory.
            linkerSettings: [
                .unsafeFlags(["-static-stdlib"], .when(platforms: [.linux])),
                .linkedLibrary("CoreFoundation"), .linkedLibrary("_FoundationICU"),
                .linkedLibrary("_FoundationCShims"), .linkedLibrary("_FoundationCollections"),
                .linkedLibrary("swiftSynchronization"), .linkedLibrary("stdc++"),
            ],
            ["Agent"]
        ),
        service("gateway", ["Gateway", arguments]),
        service(
            "worker",
            [
                "BoxSession", "Bus", "CurlTransport", "DaytonaDriver", "DockerDriver", "LocalDriver",
                "MetricsEndpoint", "Model", "ProviderKit", "SelfHostedDriver", "ServiceHost", "SpritesDriver", "Store",
                "VercelDriver", "Worker", arguments, lifecycle,
            ]
        ),
        service("reaper", ["Bus", "MetricsEndpoint", "Model", "Reaper", "ServiceHost", arguments]),
        service("sandfleet", ["Commands"]),

        // Fixtures and tests.
        // What tests of drivers ask of boxes.
        library("DriverTesting", path: "Tests/DriverTesting", ["Model", "ProviderKit", nioCore]),
        library(
            "FleetTesting",
            path: "Tests/FleetTesting",
            ["CurlTransport", "Fleet", logging, nioCore, nioFoundation, nioLocks]
        ),
        library(
            "Chaos",
            path: "Tests/Chaos",
            [
                "Fleet", "FleetTesting", "PostgresClient", "SandfleetClient", crypto, logging, nioCore, nioLocks,
                nioPosix,
            ]
        ),
        .executableTarget(
            name: "ChaosRunner",
            dependencies: ["Chaos", arguments],
            path: "Tests/ChaosRunner",
            swiftSettings: house
        ),
        tests("Chaos"),
        tests("Fleet", ["FleetTesting", "NATSClient", "NATSIdentity", logging, nioCore]),
        library(
            "ContractServer",
            path: "Tests/ContractServer",
            exclude: ["agents.py", "cuts.py", "files.py", "oddities.py", "processes.py", "server.py", "workspaces.py"],
            ["FleetTesting"]
        ),
        tests("Commands", ["CLinux", "ContractServer", "Fleet", "FleetTesting", "sandfleet", nioLocks]),
        tests(
            "CurlTransport",
            exclude: ["http2.mjs", "server.py", "upgrades.py", "websockets_peer.py"],
            ["FleetTesting", crypto, nioCore, nioHTTP1, nioPosix, nioWebSocket]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Bus", "CurlTransport", "Fleet", "FleetTesting", "NATSClient", "SandfleetClient", crypto, logging,
                nioCore,
            ],
            path: "Tests/EndToEndTests",
            exclude: ["openapi_contract.py"],
            swiftSettings: house
        ),
        tests(
            "LocalDriver",
            [
                "BoxClient", "BoxSession", "CLinux", "FleetTesting", "Model", "PrometheusMetrics", "ProviderKit",
                logging, metrics, nioCore,
            ]
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "BoxSession", "CurlTransport", "DaytonaDriver", "DockerDriver", "FleetTesting", "LocalDriver", "Model",
                "ProviderKit", "SpritesDriver", "VercelDriver", crypto, logging, nioCore,
            ],
            path: "Tests/ConformanceTests",
            swiftSettings: house
        ),
        tests(
            "DockerDriver",
            exclude: ["proxy.py", "registry.py"],
            [
                "BoxClient", "BoxSession", "CurlTransport", "Fleet", "FleetTesting", "Model", "ProviderHTTP",
                "ProviderKit", logging,
                nioCore, nioLocks,
            ]
        ),
        tests(
            "VercelDriver",
            [
                "BoxClient", "BoxSession", "CurlTransport", "DriverTesting", "Fleet", "FleetTesting", "Model",
                "ProviderHTTP", "ProviderKit", logging, nioCore, nioLocks,
            ]
        ),
        tests("BoxDaemon", ["BoxClient", "BoxProtocol", "CLinux", "ExecutionEngine", nioCore, nioLocks]),
        tests("BoxProtocol"),
        tests(
            "BoxSession",
            ["BoxClient", "BoxDaemon", "ExecutionEngine", "FleetTesting", "Model", "ProviderKit", nioCore, nioLocks]
        ),
        tests("ExecutionEngine"),
        tests("Model"),
        library(
            "Simulation",
            path: "Tests/Simulation",
            swiftSettings: house + optimized,
            ["Model", "Ownership", "ProviderKit", logging, nioCore, nioLocks]
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Simulation", arguments],
            path: "Tests/Simulate",
            swiftSettings: house
        ),
        // A call over the bus, measured beside one of bare cnats.
        .executableTarget(
            name: "broker-call",
            dependencies: ["Bus", "Model", "NATSClient", "Wire", arguments, logging, protobuf],
            path: "Benchmarks/BrokerCall",
            swiftSettings: house
        ),
        tests("Ownership", ["Model", "ProviderKit", "Simulation", logging, nioLocks]),
        tests("Store", ["FleetTesting", "Model", "PostgresClient", "ServiceHost", crypto, logging]),
        tests(
            "Reaper",
            [
                "ArchiveStore", "Bus", "Fleet", "FleetTesting", "Model", "NATSClient", "PostgresClient",
                "PrometheusMetrics", "ServiceHost", "Store", "Wire", crypto, logging, nioCore, nioFoundation, nioLocks,
                protobuf,
            ]
        ),
        tests(
            "Bus",
            exclude: ["service_protocol.py"],
            ["Fleet", "FleetTesting", "Model", "NATSClient", "ServiceHost", "Wire", logging, nioCore, protobuf]
        ),
        tests("ProviderKit", ["FleetTesting", "Model", nioLocks]),
        tests(
            "ProviderHTTP",
            exclude: ["provider.py"],
            [
                "CurlTransport", "DriverTesting", "Fleet", "FleetTesting", "Model", "ProviderKit", logging, nioCore,
                nioLocks,
            ]
        ),
        tests("Compression", [nioCore]),
        tests("ArchiveStore", [nioCore]),
        tests(
            "ProcessOutput",
            [
                "ArchiveStore", "Bus", "Compression", "Fleet", "FleetTesting", "Model", "NATSClient", "ServiceHost",
                logging, nioCore, nioLocks,
            ]
        ),
        tests("PostgresClient"),
        tests("PrometheusMetrics", [metrics]),
        tests(
            "MetricsEndpoint",
            ["CurlTransport", "PrometheusMetrics", "ServiceHost", logging, metrics, nioCore, nioLocks]
        ),
        tests("ServiceHost", ["Model", logging, nioLocks]),
        tests(
            "Worker",
            [
                "ArchiveStore", "Bus", "Compression", "Fleet", "FleetTesting", "LocalDriver", "Model", "NATSClient",
                "Ownership", "PostgresClient", "PrometheusMetrics", "ProviderKit", "ServiceHost", "Store", "Wire",
                crypto, lifecycle, logging, nioCore, nioLocks, protobuf,
            ]
        ),
        tests(
            "Gateway",
            [
                "Bus", "Fleet", "FleetTesting", "Model", "NATSClient", "NATSIdentity", "PostgresClient",
                "ProcessOutput", "PrometheusMetrics", "ProviderKit", "ServiceHost", "Store", "Wire", crypto,
                hummingbird,
                lifecycle, logging, nioCore, nioEmbedded, nioLocks, nioPosix, protobuf,
            ]
        ),
        tests("NATSIdentity", exclude: ["peer.py"], ["Fleet", "FleetTesting", "NATSClient", logging, nioCore]),
        tests(
            "Agent",
            exclude: ["Fixtures", "gateway.py"],
            [
                "Bus", "Fleet", "FleetTesting", "Model", "NATSClient", "NATSIdentity", "Wire", crypto, logging, nioCore,
                nioLocks, protobuf,
            ]
        ),
        tests(
            "SelfHostedDriver",
            [
                "Agent", "Bus", "Fleet", "FleetTesting", "Model", "NATSClient", "ProviderKit", "ServiceHost", "Wire",
                logging,
                nioCore,
                nioLocks, protobuf,
            ]
        ),
        tests(
            "SpritesDriver",
            [
                "BoxClient", "BoxSession", "CurlTransport", "DriverTesting", "FleetTesting", "Model", "ProviderHTTP",
                "ProviderKit",
                logging,
                nioCore, nioLocks,
            ]
        ),
        tests(
            "DaytonaDriver",
            [
                "BoxClient", "BoxSession", "CurlTransport", "DriverTesting", "FleetTesting", "Model", "ProviderHTTP",
                "ProviderKit",
                logging,
                nioCore, nioLocks,
            ]
        ),
        tests("NATSClient", exclude: ["nonces.py"], ["Fleet", "FleetTesting", logging, nioCore, nioLocks]),
        tests("SandfleetClient", ["ContractServer", "CurlTransport", nioCore, nioLocks]),
    ]
)
