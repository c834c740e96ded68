import NIOCore
import ProviderKit

extension Check {
    static let life: [Check] = [
        Check("a create whose answer was lost makes one box") { bench in
            let tag = bench.tag()
            try await bench.server.loseCreate?()
            if bench.server.loseCreate != nil {
                // Lost or found again within the call: both are right, a second box is not.
                _ = try? await bench.driver.create(bench.creation(tag))
            } else {
                await (try await bench.driver.create(bench.creation(tag))).detach()
            }
            let box = try await bench.driver.create(bench.creation(tag))
            let listed = try await bench.driver.list().filter { $0.tag?.sandbox == tag.sandbox }
            try require(listed.count == 1 && listed[0].tag == tag, "listed are \(listed)")
            try require(try await box.run("echo one").text == "one\n", "it does not answer")
            try await bench.driver.delete(box.envelope, epoch: .max)
            return .holds
        },
        Check("a deletion whose answer was lost is repeated, and the box is gone") { bench in
            let tag = bench.tag()
            let box = try await bench.make(bench.creation(tag))
            await box.detach()
            try await bench.server.loseDeletion?()
            // Found out within the call, or told as unknown: both are right.
            if bench.server.loseDeletion != nil { try? await bench.driver.delete(box.envelope, epoch: .max) }
            try await bench.driver.delete(box.envelope, epoch: .max)
            let left = try await bench.driver.list().filter { $0.tag?.sandbox == tag.sandbox }
            try require(left.isEmpty, "listed are still \(left)")
            return .holds
        },
        Check("a durable process goes on when its worker is killed, and is attached") { bench in
            guard case .yes = bench.driver.descriptor.processAttach else { throw Broken("no reason is checked yet") }
            try await bench.withBox { box, tag in
                let script = "echo before; mkfifo gate; read x < gate; echo $x; exit 6"
                let first = try await box.start(.script(script) { ($0.isDurable, $0.id) = (true, "durable") })
                try await first.readThrough("before\n")
                await box.detach()
                let other = try await bench.successor()
                let again = try await other.resume(bench.resumption(of: box, tag))
                try require(!again.isFresh, "the box says that nothing runs in it")
                try require(try await again.processes().map(\.id) == ["durable"], "it is not known any more")
                let attached = try await again.attach("durable", stdout: 0, stderr: 0)
                _ = try await again.run("until [ -p gate ]; do :; done; echo after > gate")
                let result = try await attached.result()
                try require(result.text == "before\nafter\n" && result.exit.code == 6, "it went on as \(result)")
                await again.detach()
                await other.shutdown()
            }
            return .holds
        },
        Check("a stopped box comes back with its files") { bench in
            if case .no(let reason) = bench.driver.descriptor.persistence { return .refused(reason) }
            try await bench.withBox { box, tag in
                try await box.put(ByteBuffer(string: "kept"), at: "kept")
                _ = try await box.start(.script("sleep 1000") { $0.isDurable = true })
                await box.detach()
                try await bench.driver.stop(box.envelope, epoch: 1)
                try await bench.driver.stop(box.envelope, epoch: 1)
                let again = try await bench.driver.resume(bench.resumption(of: box, tag))
                let running = try await again.processes().filter(\.isRunning)
                try require(again.isFresh || running.isEmpty, "processes still run: \(running)")
                try require(try await again.contents("kept") == ByteBuffer(string: "kept"), "its files are not there")
                await again.detach()
            }
            return .holds
        },
        Check("the sweep sees each box once, with its tag, and no deleted one") { bench in
            let tags = [bench.tag(), bench.tag(epoch: 7)]
            var boxes: [any Box] = []
            for tag in tags { boxes.append(try await bench.driver.create(bench.creation(tag))) }
            let listed = try await bench.driver.list().compactMap(\.tag).filter { tags.contains($0) }
            try require(Set(listed) == Set(tags) && listed.count == 2, "listed are \(listed)")
            for box in boxes {
                await box.detach()
                try await bench.driver.delete(box.envelope, epoch: .max)
                try await bench.driver.delete(box.envelope, epoch: .max)
            }
            let left = try await bench.driver.list().compactMap(\.tag).filter { tags.contains($0) }
            try require(left.isEmpty, "listed are still \(left)")
            return .holds
        },
        Check("an orphan is deleted by what the sweep sees of it") { bench in
            let tag = bench.tag()
            let box = try await bench.make(bench.creation(tag))
            await box.detach()
            let seen = try await bench.driver.list().filter { $0.tag == tag }
            try require(seen.count == 1, "listed are \(seen)")
            // All that is known of one whose create was never answered.
            let envelope = bench.driver.binding.envelope(
                provider: bench.driver.descriptor.name,
                box: seen[0].externalID
            )
            try await bench.driver.delete(envelope, epoch: .max)
            let left = try await bench.driver.list().filter { $0.tag == tag }
            try require(left.isEmpty, "it is still listed")
            return .holds
        },
    ]
}
