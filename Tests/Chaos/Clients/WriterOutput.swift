/// What a background writer prints, known before it does.
struct WriterOutput: Sendable {
    let lines: Int
    let seconds: Double

    /// The same text, made by the program itself: `stdout` gets every line, `stderr` every seventh.
    var program: [String] {
        let text = """
            import sys, time
            n, pause = int(sys.argv[1]), float(sys.argv[2])
            for i in range(n):
                line = "%d %s\\n" % (i, chr(97 + i % 26) * (i * 37 % 300))
                sys.stdout.write(line)
                sys.stdout.flush()
                if i % 7 == 0:
                    sys.stderr.write(line)
                    sys.stderr.flush()
                time.sleep(pause)
            """
        return ["-c", text, "\(lines)", (seconds / Double(max(1, lines))).fixed(4)]
    }

    var stdout: [UInt8] { text(where: { _ in true }) }
    var stderr: [UInt8] { text(where: { $0 % 7 == 0 }) }

    private func text(where isWritten: (Int) -> Bool) -> [UInt8] {
        (0..<lines).filter(isWritten)
            .flatMap { index in
                let letter = UInt8(97 + index % 26)
                return Array("\(index) ".utf8) + [UInt8](repeating: letter, count: index * 37 % 300) + [10]
            }
    }
}
