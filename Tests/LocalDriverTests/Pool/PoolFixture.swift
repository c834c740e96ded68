import FleetTesting
import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

extension LocalFixture {
    /// A driver with boxes that wait, all of them there.
    static func withPool(
        _ size: Int,
        at directory: String? = nil,
        _ adjust: (inout LocalConfiguration) -> Void = { _ in },
        _ body: (LocalFixture) async throws -> Void
    ) async throws {
        try await withDriver(at: directory) {
            $0.poolSize = size
            $0.poolQuietTime = .zero
            adjust(&$0)
        } _: { fixture in
            try await fixture.poolHas(size)
            try await body(fixture)
        }
    }

    var boxPool: BoxPool {
        get throws { try #require(driver.boxPool) }
    }

    func poolHas(_ count: Int) async throws {
        let pool = try boxPool
        try await eventually("\(count) boxes wait") { pool.ready.count == count }
    }

    /// What lies in the directories of pools, of all runs.
    func poolDirectories() throws -> [BoxDirectory] {
        try (HostFile.names(in: configuration.poolDirectory) ?? [])
            .flatMap { run in
                try PoolDirectory.boxes(in: "\(configuration.poolDirectory)/\(run)")
            }
    }
}
