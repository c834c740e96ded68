import Model
import ProviderKit

extension Check {
    static let failures: [Check] = [
        Check("a box that the provider took away is gone") { bench in
            try await bench.withBox { box, tag in
                await box.detach()
                try await bench.server.reap(box.envelope)
                let kind = try await refusal(of: "a box that is no more") {
                    _ = try await bench.driver.resume(bench.resumption(of: box, tag))
                }
                try require(kind == .gone, "it is \(kind)")
            }
            return .holds
        },
        Check("\"too many requests\" is waited out") { bench in
            guard let limit = bench.server.limitRate else { return .doesNotApply(bench.server.obstacle) }
            try await limit()
            try await bench.withBox { box, _ in
                try require(try await box.run("echo on").text == "on\n", "it does not answer")
            }
            return .holds
        },
        Check("a broken provider is transient, not gone") { bench in
            guard let breakDown = bench.server.breakDown else { return .doesNotApply(bench.server.obstacle) }
            try await bench.withBox { box, tag in
                await box.detach()
                try await breakDown()
                let kind = try await refusal(of: "a call to a broken provider") {
                    _ = try await bench.driver.resume(bench.resumption(of: box, tag))
                }
                try await bench.server.heal?()
                try require(kind == .transient || kind == .timeout, "it is \(kind)")
                await (try await bench.driver.resume(bench.resumption(of: box, tag))).detach()
            }
            return .holds
        },
        Check("expired credentials are unauthorized, not gone") { bench in
            guard let expire = bench.server.expireCredentials else { return .doesNotApply(bench.server.obstacle) }
            try await bench.withBox { box, tag in
                await box.detach()
                try await expire()
                let kind = try await refusal(of: "a call without credentials") {
                    _ = try await bench.driver.resume(bench.resumption(of: box, tag))
                }
                try await bench.server.heal?()
                try require(kind == .unauthorized, "it is \(kind)")
            }
            return .holds
        },
        Check("a box of another account or host is not gone") { bench in
            let stranger = try await bench.stranger()
            try await bench.withBox { box, tag in
                let kind = try await refusal(of: "a box of another account") {
                    _ = try await stranger.resume(bench.resumption(of: box, tag))
                }
                try require(kind == .unauthorized || kind == .placementOffline, "it is \(kind)")
            }
            await stranger.shutdown()
            return .holds
        },
        Check("no secret is logged or told") { bench in
            guard !bench.secrets.isEmpty else { return .doesNotApply("it was given none") }
            let logged = bench.logged()
            for secret in bench.secrets { try require(!logged.contains(secret), "a secret was logged") }
            return .holds
        },
    ]
}
