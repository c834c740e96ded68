import Glibc
import ProviderKit

extension DriverError {
    /// A call to the kernel that failed.
    ///
    /// Never `gone`: that a file is missing proves nothing by itself.
    static func system(_ action: String, _ number: Int32 = errno) -> DriverError {
        DriverError(.transient, "\(action): \(String(cString: strerror(number)))")
    }
}
