import Glibc
import Testing

@testable import ExecutionEngine

/// The engine beside other children of the same process, as an agent uses it.
@Suite struct EngineTests {
    private final class Watcher: ExecutionObserver {
        let loop: EventLoop

        init(loop: EventLoop) {
            self.loop = loop
        }

        func outputArrived(_ execution: Execution) {
            #expect(execution.end == nil)
        }

        func inputHasRoom(_ execution: Execution) {}

        func executionEnded(_ execution: Execution) {
            loop.stop()
        }
    }

    private func run(_ arguments: [String], _ configure: (inout Command) -> Void = { _ in }) throws -> Execution {
        let loop = try EventLoop()
        let engine = try Engine(loop: loop, waitMode: .ownChildren)
        var command = Command(
            id: "run",
            arguments: arguments,
            environment: ["PATH=/usr/bin:/bin"],
            workingDirectory: "/"
        )
        configure(&command)
        let watcher = Watcher(loop: loop)
        let execution = try engine.start(command, observer: watcher)
        loop.run()
        return execution
    }

    @Test func aChildOfSomebodyElseIsNotReaped() throws {
        let stranger = startTrue()
        let execution = try run(["sh", "-c", "echo out; echo err >&2; exit 5"])
        #expect(execution.end == ProcessEnd(status: .code(5), outputOpen: false, timedOut: false))
        #expect(try Array(execution.stdout.bytes(from: 0, limit: 100)) == Array("out\n".utf8))
        #expect(try Array(execution.stderr.bytes(from: 0, limit: 100)) == Array("err\n".utf8))
        var status: Int32 = -1
        #expect(waitpid(stranger, &status, 0) == stranger)
    }

    @Test func theEnvironmentIsTheGivenOne() throws {
        let execution = try run(["env"]) { $0.environment.append("SANDFLEET_EXEC=forged") }
        let text = String(decoding: try execution.stdout.bytes(from: 0, limit: 4096), as: UTF8.self)
        #expect(Set(text.split(separator: "\n")) == ["PATH=/usr/bin:/bin", "SANDFLEET_EXEC=run"])
    }

    @Test func failuresSayWhichStepFailed() {
        #expect(throws: StartFailure(.notFound, SystemError(code: ENOENT))) { _ = try run(["no-such-program"]) }
        #expect(throws: StartFailure(.notExecutable, SystemError(code: EACCES))) { _ = try run(["/etc/passwd"]) }
        #expect(throws: StartFailure(.badWorkingDirectory, SystemError(code: ENOTDIR))) {
            _ = try run(["true"]) { $0.workingDirectory = "/etc/passwd" }
        }
        #expect(throws: StartFailure(.invalid, .invalidArgument)) { _ = try run(["true", "a\0b"]) }
    }

    @Test func thePathOfTheGivenEnvironmentIsSearched() {
        #expect(Spawner.candidates(for: "x", environment: ["PATH=/a::/b"]) == ["/a/x", "x", "/b/x"])
        #expect(Spawner.candidates(for: "./x", environment: ["PATH=/a"]) == ["./x"])
    }

    @Test func parentsOfPaths() throws {
        let cases = ["/a/b": "/a", "/a": "/", "/a/b//": "/a", "/a//b": "/a", "/": "/"]
        for (path, parent) in cases {
            #expect(try FilePath(path, workspace: "/w").parent.string == parent, "\(path)")
        }
        #expect(try FilePath("a", workspace: "/w").string == "/w/a")
        #expect(throws: SystemError.invalidArgument) { try FilePath("a\0", workspace: "/w") }
    }

    private func startTrue() -> pid_t {
        var process: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        let result = posix_spawn(&process, "/bin/true", nil, nil, &arguments, nil)
        #expect(result == 0)
        return process
    }
}
