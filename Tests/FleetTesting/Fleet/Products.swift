import Fleet
import Glibc

/// The executables that this build made.
package enum Products {
    /// The folder that the tests themselves lie in.
    package static var folder: String {
        getenv("SANDFLEET_TEST_PRODUCTS").map { String(cString: $0) } ?? Executable.directory(of: Executable.current)
    }

    package static func path(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        guard Executable.isRunnable(path) else { throw FixtureError("\(path) is not built") }
        return path
    }
}
