import FleetTesting
import Model
import NIOCore
import ProviderKit

extension Check {
    static let deadlines: [Check] = [
        Check("an end that the provider sets to each box: put off, and met") { bench in
            if bench.driver.descriptor.hardDeadlineSeconds != nil {
                guard let mortal = bench.mortal else { throw Broken("its end is not proven") }
                try await meet(mortal, bench)
                return .holds
            }
            if let pass = bench.letTimePass { try await outliveDays(pass, bench) }
            try await bench.withBox { box, _ in try require(box.endsAt == nil, "a box says that it will end") }
            return .refused("its boxes have none")
        }
    ]

    /// One that nobody uses may be put to sleep; it is there when it is wanted.
    private static func outliveDays(_ pass: (Duration) async throws -> Void, _ bench: Bench) async throws {
        try await bench.withBox { box, tag in
            try await box.put(ByteBuffer(string: "kept"), at: "kept")
            await box.detach()
            try await pass(.seconds(2 * 24 * 60 * 60))
            let again = try await bench.driver.resume(bench.resumption(of: box, tag))
            try require(try await again.contents("kept") == ByteBuffer(string: "kept"), "its files are not there")
            await again.detach()
        }
    }

    /// Two boxes, one of which the provider saves at its end, are held until then.
    private static func meet(_ mortal: MortalBoxes, _ bench: Bench) async throws {
        let driver = mortal.driver
        let limit = Duration.seconds(driver.descriptor.hardDeadlineSeconds ?? 0)
        let tags = [bench.tag(), bench.tag()]
        let lost = try await driver.create(bench.creation(tags[0]))
        let saved = try await driver.create(bench.creation(tags[1], mortal.isSaved))
        for box in [lost, saved] { try await box.put(ByteBuffer(string: "kept"), at: "kept") }
        try require(mortal.span < limit, "its boxes are not put off for want of time")
        for box in [lost, saved] {
            try await eventually("its life is put off as far as it goes") { try await mortal.life(box) == limit }
        }
        try await mortal.letTimePass(limit)
        // Whoever holds them is told.
        for box in [lost, saved] { await box.waitUntilClosed() }
        let kind = try await refusal(of: "a box whose end has come") {
            _ = try await driver.resume(bench.resumption(of: lost, tags[0]))
        }
        try require(kind == .gone, "a box that ended without being saved is \(kind)")
        let again = try await driver.resume(bench.resumption(of: saved, tags[1]))
        try require(again.isFresh, "it says that what ran in it still does")
        try require(try await again.contents("kept") == ByteBuffer(string: "kept"), "the saved one has lost its files")
        await again.detach()
        for box in [lost, saved] { try await driver.delete(box.envelope, epoch: .max) }
    }
}
