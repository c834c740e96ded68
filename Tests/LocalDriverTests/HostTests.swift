import Glibc
import Testing

@testable import LocalDriver

struct HostTests {
    @Test
    func processNamesMayHoldAnything() throws {
        let fields = (4...21).map { "\($0)" }.joined(separator: " ")
        let line = "42 (a) R 1 (b\n) S \(fields) 777 23 24"
        let parsed = try #require(ProcessIdentity.parse(line))
        #expect(parsed.pid == 42 && parsed.startTime == 777 && !parsed.isDead)
        #expect(ProcessIdentity.parse("42 (x) Z \(fields) 777")?.isDead == true)
        #expect(ProcessIdentity.parse("") == nil)
    }

    @Test
    func holdIsOnOneRunOnly() throws {
        var own = try #require(try ProcessIdentity.of(pid: getpid()))
        #expect(try own.hold() != nil)
        own.startTime += 1
        #expect(try own.hold() == nil)
        own.startTime -= 1
        own.bootID = "another boot"
        #expect(try own.hold() == nil)
    }

    @Test
    func mountLinesAreUnescaped() throws {
        let line = "36 35 98:0 /a\\040b /mnt\\134x rw,noatime shared:1 - cgroup none rw,cpu,cpuacct"
        let entry = try #require(MountEntry(line: line[...]))
        #expect(entry.root == "/a b" && entry.mountPoint == "/mnt\\x" && entry.fileSystem == "cgroup")
        #expect(entry.superOptions.contains("cpu"))
        #expect(MountEntry(line: "broken") == nil)
    }

    @Test
    func lockExcludesOthersUntilItIsDropped() throws {
        let path = "/tmp/local-lock-\(getpid())"
        defer { unlink(path) }
        do {
            guard let first = try FileLock.attempt(path) else {
                Issue.record("a free lock was not given")
                return
            }
            #expect(try isFree(path) == false)
            _ = consume first
        }
        #expect(try isFree(path))
    }

    private func isFree(_ path: String) throws -> Bool {
        switch try FileLock.attempt(path) {
        case .some: true
        case .none: false
        }
    }
}
