import Glibc

/// A file that is replaced by a whole one or not at all.
enum WholeFile {
    /// Refuses what would not become a file.
    static func check(_ path: String) throws {
        guard let local = LocalFile(path) else { return }
        if let special = local.special {
            throw Failure(.usage, "\(path) is \(special), not a file", hint: "write to -, and send that there with '>'")
        }
        if local.isDirectory { throw Failure(.usage, "\(path) is a directory", hint: "name a file in it") }
    }

    /// Has the body write beside the place of the file, and puts it there when all is written.
    static func write<Result>(
        _ path: String,
        mode: Int = 0o666,
        _ body: (BlockingDescriptor) async throws -> Result
    ) async throws -> Result {
        let partial = "\(path).part-\(getpid())"
        let descriptor = try LocalFile.open(partial, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        do {
            let result = try await body(descriptor)
            guard rename(partial, path) == 0 else { throw Failure.system("cannot write \(path)") }
            return result
        } catch {
            unlink(partial)
            throw error
        }
    }
}
