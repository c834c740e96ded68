import FleetTesting
import Foundation
import Glibc
import Logging
import Model
import NIOCore
import ProviderKit
import ServiceHost
import Testing

@testable import LocalDriver
@testable import Worker

/// Boxes with a real `tar` in them.
struct RealBoxes: Sendable {
    let driver: LocalDriver
    private let fleet: FleetID

    static func with(_ body: (RealBoxes, String) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            // Any user may walk to it: boxes have users of their own.
            try #require(chmod(folder, 0o755) == 0)
            let daemon = "\(folder)/boxd"
            try FileManager.default.copyItem(atPath: try Products.path("boxd"), toPath: daemon)
            let fleet = FleetID.now()
            var configuration = LocalConfiguration(dataDirectory: "\(folder)/data", fleet: fleet, daemonPath: daemon)
            configuration.userRegistry = "/tmp/local-driver-users"
            let driver = try await LocalDriver.start(configuration, logger: Logger(label: "test"))
            let result: Result<Void, any Error>
            do {
                let store = "\(folder)/archive"
                try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: false)
                try await body(RealBoxes(driver: driver, fleet: fleet), store)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            for listing in try await driver.list() {
                var state = ["boxId": listing.externalID, "account": driver.binding.account]
                state["placement"] = driver.binding.placement
                let envelope = Envelope(
                    backendId: "local",
                    sessionState: .init(providerState: state, workspaceReady: true)
                )
                try await driver.delete(envelope, epoch: .max)
            }
            await driver.shutdown()
            let groups = driver.keeper.capabilities.groups
            for directory in Array(groups.legacy.values) + (groups.unified.map { [$0] } ?? []) { rmdir(directory) }
            try result.get()
        }
    }

    /// Where the files of a box lie on the host.
    func upper(of box: any Box) throws -> String {
        driver.keeper.directory(try driver.identify(box.envelope)).upper
    }

    func create() async throws -> any Box {
        let tag = BoxTag(fleet: fleet, sandbox: .now(), box: .now(), epoch: 1)
        return try await driver.create(BoxCreation(tag: tag, spec: SandboxSpec(), environment: [:]))
    }

    /// What a shell in the box writes; fails the test when the script fails.
    @discardableResult
    func shell(_ script: String, in box: any Box, _ shell: String = "sh") async throws -> String {
        var output = ByteBuffer()
        let tool = BoxTool(box: box, arguments: [shell, "-ec", script])
        let outcome = try await tool.run(output: { output.writeImmutableBuffer($0) })
        try #require(outcome.code == 0, "\(script): \(outcome.complaint)")
        return String(buffer: output)
    }
}
