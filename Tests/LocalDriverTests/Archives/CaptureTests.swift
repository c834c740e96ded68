import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct CaptureTests {
    @Test(arguments: Ground.allCases)
    func savedFilesComeBackAsTheyWere(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            #expect(fixture.driver.descriptor.snapshotMethod == (ground == .btrfs ? .snapshot : .layers))
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            try await box.fill()
            let first = try await box.digest()
            let running = try await fixture.capture(tag)
            #expect(try await box.digest() == first)

            _ = try await box.shell("cd /workspace && rm -r a && echo later > later && mkdir a && echo new > a/new")
            let second = try await box.digest()
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let stopped = try await fixture.capture(tag)
            let again = try await fixture.resume(tag, epoch: 1)
            #expect(try await again.digest() == second)

            let restored = try await fixture.create(from: running)
            #expect(try await restored.digest() == first)
            let fork = try await fixture.create(from: stopped)
            #expect(try await fork.digest() == second)
        }
    }

    @Test(arguments: Ground.allCases)
    func forksAreApart(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("mkdir d && echo old > d/f && echo kept > kept && chmod 600 d/f")
            let archive = try await fixture.capture(tag)
            let forkTag = fixture.newTag()
            let fork = try await fixture.create(from: archive, forkTag)
            #expect(try fixture.record(tag).user != fixture.record(forkTag).user)
            #expect(
                try await fork.shell("cat d/f kept; stat -c %u d/f; echo forked > d/f; rm kept; echo own > own; id -u")
                    == "old\nkept\n1000\n1000"
            )
            #expect(try await box.shell("cat d/f kept; ls") == "old\nkept\nd\nkept")
            _ = try await box.shell("echo origin > d/f; echo two > theirs")
            #expect(try await fork.shell("cat d/f; ls") == "forked\nd\nown")

            // A second generation, and what was saved is as it was.
            let next = try await fixture.create(from: try await fixture.capture(forkTag))
            #expect(try await next.shell("cat d/f; ls; stat -c %u own; echo x >> own") == "forked\nd\nown\n1000")
            let old = try await fixture.create(from: archive)
            #expect(try await old.shell("cat d/f kept") == "old\nkept")
        }
    }

    @Test(arguments: Ground.allCases)
    func asksForTheSameArchiveTwice(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo one > f")
            let id: ArchiveID = LocalFixture.newID()
            let first = try await fixture.capture(tag, as: id)
            _ = try await box.shell("echo two > f")
            #expect(try await fixture.capture(tag, as: id) == first)
            #expect(try await fixture.driver.archives() == [id])
            // Also when the box is gone; and nobody else's.
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(try await fixture.capture(tag, as: id) == first)
            let stranger = fixture.newTag()
            _ = try await fixture.create(stranger)
            #expect(await failure { _ = try await fixture.capture(stranger, as: id) } == .conflict)
            #expect(await failure { _ = try await fixture.capture(tag) } == .gone)
            #expect(try await fixture.driver.archives() == [id])
            #expect(try await fixture.create(from: first).shell("cat f") == "one")
        }
    }

    /// What is appended without a pause is in the archive whole, up to one moment.
    @Test(arguments: Ground.allCases)
    func writesThatRaceAreWholeUpToTheFreeze(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let script = """
                import os
                a = os.open('a', os.O_CREAT | os.O_WRONLY | os.O_APPEND)
                b = os.open('b', os.O_CREAT | os.O_WRONLY | os.O_APPEND)
                n = 0
                while True:
                    os.write(a, b'%09d\\n' % n)
                    os.write(b, b'%09d\\n' % n)
                    n += 1
                """
            _ = try await box.shell(
                "cat > w.py <<'X'\n\(script)\nX\n(setsid python3 w.py >/dev/null 2>&1 &); while ! test -s b; do :; done"
            )
            for _ in 0..<3 {
                let copy = try await fixture.create(from: try await fixture.capture(tag))
                let lines = try await copy.shell("wc -l < a; wc -l < b; tail -n1 a; tail -n1 b; pgrep -c python || true")
                    .split(separator: "\n").compactMap { Int($0) }
                try #require(lines.count == 5)
                // The program was between its two writes, or was not.
                #expect(lines[0] == lines[1] || lines[0] == lines[1] + 1)
                #expect(lines[2] == lines[0] - 1 && lines[3] == lines[1] - 1)
                #expect(lines[4] == 0)
            }
            // The box went on.
            #expect(try await box.shell("n=$(wc -c < a); while test $(wc -c < a) = $n; do :; done; echo grows") == "grows")
        }
    }

    @Test(arguments: Ground.allCases)
    func epochsFence(_ ground: Ground) async throws {
        try await ground.withDriver { fixture in
            let tag = fixture.newTag()
            _ = try await fixture.create(tag)
            _ = try await fixture.resume(tag, epoch: 5)
            #expect(await failure { _ = try await fixture.capture(tag, epoch: 4) } == .conflict)
            #expect(try fixture.savedNames().archives.isEmpty)
            _ = try await fixture.capture(tag, epoch: 5)
        }
    }
}
