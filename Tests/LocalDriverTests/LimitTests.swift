import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct LimitTests {
    @Test
    func memoryLimitKillsTheAllocatorAndNotTheBox() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create(nil, SandboxSpec(resources: Resources(memoryMb: 64)))
            let allocation = "exec python3 -c 'x=bytearray(200<<20); print(len(x))'"
            let result = try await box.result(allocation)
            #expect(result.exit.signal == SIGKILL, "\(result)")
            #expect(try await box.shell("echo alive") == "alive")
            // Without the limit the same is nothing special.
            let free = try await fixture.create()
            #expect(try await free.shell(allocation) == "\(200 << 20)")
        }
    }

    @Test
    func filesInMemoryLeaveRoomForTheBox() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create(nil, SandboxSpec(resources: Resources(memoryMb: 64)))
            #expect(try await box.shell("stat -c %a /dev/shm; df -m --output=size /dev/shm | tail -1 | tr -d ' '") == "1777\n32")
            let fill = "for at in /dev/shm /run /dev; do head -c 100000000 /dev/zero > $at/f 2>/dev/null && exit 9; done; exit 0"
            #expect(try await box.result(fill).exit.code == 0)
            // What has been written stays, and the box goes on.
            #expect(try await box.shell("stat -c %s /dev/shm/f") == "\(32 << 20)")
            for _ in 0..<20 { #expect(try await box.shell("echo alive") == "alive") }
            #expect(try await box.shell("cat /proc/1/oom_score_adj /proc/self/oom_score_adj") == "0\n500")
            let free = try await fixture.create()
            #expect(try await free.shell("cat /proc/1/oom_score_adj /proc/self/oom_score_adj") == "0\n0")
        }
    }

    @Test
    func processLimitHolds() async throws {
        try await LocalFixture.withDriver {
            $0.processLimit = 40
        } _: { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let neighbour = try await fixture.create()
            let count = try await box.shell(
                """
                python3 -c "
                import os,time
                children=[]
                try:
                    while len(children)<200:
                        child=os.fork()
                        if child==0: time.sleep(30); os._exit(0)
                        children.append(child)
                except OSError as e: print(len(children), e.errno)
                for child in children: os.kill(child,9)"
                """
            )
            let words = count.split(separator: " ")
            #expect(words.count == 2 && (Int(words[0]) ?? 0) >= 30 && (Int(words[0]) ?? 99) < 40, "\(count)")
            #expect(try await neighbour.shell("echo unaffected") == "unaffected")
        }
    }

    @Test
    func processorLimitIsSet() async throws {
        try await LocalFixture.withDriver { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag, SandboxSpec(resources: Resources(vcpus: 0.5)))
            let group = try #require(try fixture.record(tag).group)
            let controls = ["cpu.cfs_quota_us", "cpu.max"]
            let values = try (group.legacy + [group.unified].compactMap(\.self))
                .flatMap { directory in
                    try controls.compactMap { try HostFile.text("\(directory)/\($0)") }
                }
            #expect(values.contains { $0.hasPrefix("50000") })
            // A busy second of half a processor is half a second of work.
            let used = try await box.shell(
                "python3 -c 'import time; e=time.monotonic()+1\nwhile time.monotonic()<e: pass\nprint(time.process_time())'"
            )
            #expect((Double(used) ?? 9) < 0.8)
        }
    }

    @Test
    func whatCannotBeHeldIsRefusedBeforeAnythingIsMade() async throws {
        try await LocalFixture.withDriver { fixture in
            for resources in [Resources(diskMb: 100)] {
                let kind = await failure { _ = try await fixture.create(nil, SandboxSpec(resources: resources)) }
                #expect(kind == .unsupported)
            }
            for resources in [
                Resources(vcpus: 0), Resources(vcpus: -.infinity), Resources(vcpus: .nan), Resources(memoryMb: 1),
            ] {
                let kind = await failure { _ = try await fixture.create(nil, SandboxSpec(resources: resources)) }
                #expect(kind == .invalid)
            }
            let boxes = try await fixture.driver.list()
            #expect(boxes.isEmpty)
            #expect(fixture.driver.descriptor.diskLimit.isSupported == false)

            var capabilities = fixture.driver.keeper.capabilities
            capabilities.groups = ControlGroups(obstacles: [.memory: "it is not writable"])
            do throws(DriverError) {
                try capabilities.check(BoxLimits(memoryMb: 64, processes: 10))
                Issue.record("a limit that cannot be held was accepted")
            } catch {
                #expect(error.kind == .unsupported)
                #expect(error.message.contains("memoryMb") && error.message.contains("it is not writable"))
            }
        }
    }
}
