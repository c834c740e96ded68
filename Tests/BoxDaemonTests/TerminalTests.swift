import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct TerminalTests {
    private func read(_ process: BoxProcess, until text: String) async throws -> String {
        var seen = ""
        while !seen.contains(text) {
            switch try await process.nextEvent() {
            case .output(_, let bytes, _): seen += String(buffer: bytes)
            case .exited(let exit):
                Issue.record("\(exit) before \(text), after \(seen)")
                return seen
            }
        }
        return seen
    }

    @Test(arguments: BoxSetting.available)
    func aTerminalEchoesResizesAndControls(setting: BoxSetting) async throws {
        try await BoxFixture.with(setting) { box in
            let connection = try await box.connect()
            // The signal interrupts `read`. The kernel drops what the leader of a terminal's session writes in its very
            // last moment, hence the sleep.
            let script = """
                tty; stty size; trap 'stty size' WINCH
                until [ "$line" = quit ]; do read line && echo "<$line>"; done
                sleep 0.2; exit 3
                """
            var command = BoxCommand.shell(script)
            command.terminal = BoxCommand.Terminal(rows: 24, columns: 80)
            let process = try await connection.start(command)
            let greeting = try await read(process, until: "24 80\r\n")
            #expect(greeting.hasPrefix("/dev/pts/"))
            try await process.append(ByteBuffer(string: "hello\n"))
            let answer = try await read(process, until: "<hello>\r\n")
            #expect(answer == "hello\r\n<hello>\r\n")
            try await process.resize(BoxCommand.Terminal(rows: 50, columns: 132))
            _ = try await read(process, until: "50 132\r\n")
            try await process.append(ByteBuffer(string: "quit\n"))
            _ = try await read(process, until: "<quit>\r\n")
            guard case .exited(let exit) = try await process.nextEvent() else {
                Issue.record("no exit")
                return
            }
            #expect(exit.code == 3 && !exit.outputOpen)
        }
    }

    @Test func theEndOfInputIsControlD() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            var command = BoxCommand.program("cat")
            command.terminal = BoxCommand.Terminal(rows: 24, columns: 80)
            let process = try await connection.start(command)
            try await process.append(ByteBuffer(string: "a\n"))
            try await process.append(ByteBuffer(), isLast: true)
            while true {
                if case .exited(let exit) = try await process.nextEvent() {
                    #expect(exit.code == 0)
                    return
                }
            }
        }
    }

    @Test func controlCInterrupts() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            var command = BoxCommand.program("sh", "-c", "echo ready; exec sleep 1000")
            command.terminal = BoxCommand.Terminal(rows: 24, columns: 80)
            let process = try await connection.start(command)
            _ = try await read(process, until: "ready")
            try await process.append(ByteBuffer(bytes: [3]))
            while true {
                if case .exited(let exit) = try await process.nextEvent() {
                    #expect(exit.signal == SIGINT)
                    return
                }
            }
        }
    }
}
