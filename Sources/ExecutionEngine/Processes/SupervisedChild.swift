import CLinux
import Glibc

/// A program of ours that is started in a session of its own, and what it is handed.
///
/// Descriptors stay the caller's.
package struct SupervisedChild {
    package struct Failure: Error {
        /// The call that failed.
        package var step: String
        package var error: SystemError
    }

    package struct Account {
        var user: UInt32
        var group: UInt32

        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    package var executable: String
    /// Without the program's own name.
    package var arguments: [String]
    package var environment: [String: String]
    package var input: Int32
    /// Becomes standard output and standard error.
    package var output: Int32
    /// Becomes ``handedNumber``; -1 for none.
    package var handed: Int32 = -1
    /// Sent by the kernel when the *thread* that started the child ends; 0 for none.
    package var deathSignal: Int32 = 0
    /// What it drops to, without supplementary groups; nil keeps ours.
    package var account: Account?

    package static let handedNumber = Int32(SUPERVISE_HANDED_DESCRIPTOR)

    package init(
        executable: String,
        arguments: [String],
        environment: [String: String],
        input: Int32,
        output: Int32
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.output = output
    }

    /// Blocks until it has been executed; returns its process id.
    package func start() throws(Failure) -> Int32 {
        let lists = [[executable] + arguments, environment.map { "\($0.key)=\($0.value)" }]
        let outcome: Result<Int32, Failure>
        do {
            outcome = try withArgumentVectors(lists) { vectors in
                spawn(arguments: vectors[0], environment: vectors[1])
            }
        } catch {
            throw Failure(step: "execve", error: error)
        }
        return try outcome.get()
    }

    private func spawn(arguments: ArgumentVector, environment: ArgumentVector) -> Result<Int32, Failure> {
        var child = supervise_child()
        child.path = UnsafePointer(arguments[0])
        child.arguments = UnsafePointer(arguments)
        child.environment = UnsafePointer(environment)
        child.input = input
        child.output = output
        child.handed = handed
        child.death_signal = deathSignal
        child.switches_account = account != nil
        child.user = account?.user ?? 0
        child.group = account?.group ?? 0
        var step: UnsafePointer<CChar>?
        let process = supervise_spawn(&child, &step)
        guard process < 0 else { return .success(process) }
        let error = SystemError.current
        return .failure(Failure(step: step.map { String(cString: $0) } ?? "fork", error: error))
    }
}
