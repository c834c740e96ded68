import ArgumentParser

/// One end of a copy: a path here, or a path in a sandbox.
enum CopyEndpoint: ExpressibleByArgument, Equatable, Sendable {
    case local(String)
    case sandbox(reference: String, path: String)

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        // A slash before the colon, or no colon: a path here. `./a:b` names a file with a colon.
        guard let colon = argument.firstIndex(of: ":"), !argument[..<colon].contains("/"), colon != argument.startIndex
        else {
            self = .local(argument)
            return
        }
        let path = String(argument[argument.index(after: colon)...])
        self = .sandbox(reference: String(argument[..<colon]), path: path.isEmpty ? "." : path)
    }
}
