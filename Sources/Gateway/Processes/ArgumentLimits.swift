import Model

/// What the kernel takes when it starts a program; more would only fail later, and less clearly.
enum ArgumentLimits {
    /// One argument or variable, without its end: `MAX_ARG_STRLEN` is 128 KiB with it.
    static let longest = 131_071
    /// All of them with their ends and pointers: a quarter of an 8 MiB stack, less what the box adds of its own.
    static let total = 2_097_152 - 65_536

    static func check(
        program: String,
        arguments: [String]?,
        environment: [String: String],
        _ reader: JSONObjectReader
    ) throws(Fault) {
        try check(program, "command", reader)
        var sum = cost(of: program.utf8.count)
        for (index, argument) in (arguments ?? []).enumerated() {
            try check(argument, "args[\(index)]", reader)
            sum += cost(of: argument.utf8.count)
        }
        for (name, value) in environment {
            let length = name.utf8.count + 1 + value.utf8.count
            guard length <= longest else { throw tooLong("env", reader) }
            sum += cost(of: length)
        }
        guard sum <= total else {
            var fault = reader.invalid("args", "and env may have at most \(total) bytes together, the kernel's limit")
            fault.details["limitBytes"] = "\(total)"
            throw fault
        }
    }

    private static func check(_ text: String, _ name: String, _ reader: JSONObjectReader) throws(Fault) {
        guard text.utf8.count <= longest else { throw tooLong(name, reader) }
    }

    private static func tooLong(_ name: String, _ reader: JSONObjectReader) -> Fault {
        var fault = reader.invalid(
            name,
            "is longer than \(longest) bytes, the kernel's limit for one argument or variable"
        )
        fault.details["limitBytes"] = "\(longest)"
        fault.hint = "Send long input as stdin, or as a file."
        return fault
    }

    /// The bytes, their end, and a pointer to them.
    private static func cost(of length: Int) -> Int { length + 1 + 8 }
}
